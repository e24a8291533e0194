/** A process without a key for the provider of stores: it leases nothing, and forgets nothing that an earlier key made. */
import { describe, expect, it } from 'vitest';
import { createLeaseKeeper, createLeases } from '../../leases/index.ts';
import { ensureAccount } from '../../ledger/index.ts';
import { createAbsentProvider } from '../../providers/absent.ts';
import { acquireOf, ask, codeOf, CONTEXT, newSession, openBench, trackOf, type Bench } from './kit.ts';

async function withoutKey(bench: Bench) {
  const provider = createAbsentProvider('openai', bench.simulator.baseUrl);
  const accountId = await ensureAccount(bench.ledger, provider.account);
  const deps = { ...bench.deps, provider, accountId };
  return { leases: createLeases(deps), keeper: createLeaseKeeper(deps) };
}

describe('without a provider of stores', () => {
  it('refuses acquire and register, and writes nothing down', async () => {
    const bench = await openBench();
    const { leases } = await withoutKey(bench);
    const sessionId = newSession();
    const registration = { sessionId, vectorStoreId: 'vs_1', protect: false, requestId: 'test' };
    expect(await codeOf(leases.acquire(acquireOf(sessionId)))).toBe('PROVIDER_HAS_NO_STORES');
    expect(await codeOf(leases.register(registration))).toBe('PROVIDER_HAS_NO_STORES');
    expect(await bench.sql('SELECT FROM lease')).toEqual([]);
    expect(await bench.sql('SELECT FROM store')).toEqual([]);
  });

  it('keeps what an earlier key made on the list of what is stuck', async () => {
    const bench = await openBench();
    const sessionId = newSession();
    const { leaseId } = await bench.leases.acquire(acquireOf(sessionId));
    await bench.leases.track(trackOf(sessionId, ['file-1']));
    await bench.leases.release({ ...ask(sessionId), force: false });

    const { leases, keeper } = await withoutKey(bench);
    expect((await keeper.deleteFiles(leaseId, CONTEXT)).closed).toBe(false);
    expect((await keeper.deleteStore(leaseId, CONTEXT)).closed).toBe(false);
    const lease = await leases.get(sessionId);
    expect(lease.state).toBe('draining');
    expect(lease.stuck?.lastError).toContain('no key of this provider is configured');
    expect((await bench.control.state()).stores).toHaveLength(1);
  });

  it('has nothing to sweep', async () => {
    const { keeper } = await withoutKey(await openBench());
    expect(await keeper.beginSweep({ dryRun: false, holder: 'test' })).toBeNull();
  });
});
