/** Claim, create, activate: against a real ledger and the simulator, with every fault of a create. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Acquired } from '../../leases/contract.ts';
import type { JournalEntry } from '../../simulator/contract.ts';
import { until } from '../support/until.ts';
import { acquireOf, ask, codeOf, CONTEXT, openBench, type Bench, type Part } from './kit.ts';

const creates = async (bench: Bench): Promise<readonly JournalEntry[]> =>
  (await bench.control.journal()).filter((entry) => entry.operation === 'create_store');
const acquireMany = (parts: readonly Part[], times: number): Promise<Acquired>[] =>
  Array.from({ length: times }, (_, n) => {
    const part = parts[n % parts.length];
    if (part === undefined) throw new Error('no process');
    return part.leases.acquire(acquireOf('abc'));
  });

describe('parallel first acquires', () => {
  it.each([1, 2])(
    '50 of one session in %s process(es): one create, one id, one that is not reused',
    async (processes) => {
      const bench = await openBench();
      await bench.control.config({ latency_ms: 100 });
      const parts = processes === 1 ? [bench] : [bench, await bench.another()];
      const answers = await Promise.all(acquireMany(parts, 50));
      expect(answers).toHaveLength(50);
      expect(new Set(answers.map((answer) => answer.vectorStoreId)).size).toBe(1);
      expect(new Set(answers.map((answer) => answer.leaseId)).size).toBe(1);
      expect(answers.filter((answer) => !answer.reused)).toHaveLength(1);
      expect(await creates(bench)).toHaveLength(1);
    },
  );

  it('50 sessions at once: 50 stores', async () => {
    const bench = await openBench({ createDeadlineMs: 5_000 });
    const sessions = Array.from({ length: 50 }, (_, n) => `session ${n}`);
    const answers = await Promise.all(sessions.map((one) => bench.leases.acquire(acquireOf(one))));
    expect(new Set(answers.map((answer) => answer.vectorStoreId)).size).toBe(50);
    expect((await bench.control.state()).stores).toHaveLength(50);
  });
});

describe('a create that fails', () => {
  it.each([
    ['400', { kind: 'status', status: 400 }, 'PROVIDER_REFUSED'],
    ['401', { kind: 'status', status: 401 }, 'PROVIDER_REFUSED'],
    ['429', { kind: 'status', status: 429, retry_after: 7 }, 'PROVIDER_THROTTLED'],
  ] as const)(
    '%s: told as it is, nothing to drain, the next acquire starts anew',
    async (_n, fault, code) => {
      const bench = await openBench();
      await bench.control.setFault({ match: { operation: 'create_store' }, times: 0, fault });
      const error = await bench.leases.acquire(acquireOf('other')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, ...(code === 'PROVIDER_THROTTLED' && { retryAfterSeconds: 7 }) });
      expect(await bench.leases.get('other')).toMatchObject({ state: 'closed', endReason: 'refused' });
      await bench.control.clearFaults();
      expect(await bench.leases.acquire(acquireOf('other'))).toMatchObject({ reused: false });
    },
  );

  it('refused once, refused for all that wait, in both processes', async () => {
    const bench = await openBench();
    const other = await bench.another();
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'status', status: 429, retry_after: 9 },
    });
    await bench.control.config({ latency_ms: 300 });
    const calls = acquireMany([bench, other], 10).map((call) => call.catch((error: unknown) => error));
    for (const answer of await Promise.all(calls)) {
      expect(answer).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterSeconds: 9 });
    }
    expect(await creates(bench)).toHaveLength(1);
    expect((await bench.sql('SELECT FROM lease')).length).toBe(1);
  });

  it.each([
    ['dropped after taking effect', { kind: 'drop_after' }],
    ['answered with half a body', { kind: 'cut_body' }],
    ['never answered, after taking effect', { kind: 'stall_body' }],
  ] as const)('%s: the store is found and adopted, and the lease is uncertain', async (_name, fault) => {
    const bench = await openBench();
    await bench.control.setFault({ match: { operation: 'create_store' }, fault });
    const answer = await bench.leases.acquire(acquireOf('abc'));
    const { stores } = await bench.control.state();
    expect(stores.map((store) => store.id)).toEqual([answer.vectorStoreId]);
    expect(answer.reused).toBe(false);
    expect(await creates(bench)).toHaveLength(1);
    expect(await bench.sql('SELECT uncertain, state FROM lease')).toEqual([
      { uncertain: true, state: 'active' },
    ]);
    expect(bench.logged.map((line) => line.event)).toContain('store_adopted');
  });

  it.each([
    ['500', { kind: 'status', status: 500 }],
    ['no answer', { kind: 'hang' }],
    ['dropped before', { kind: 'drop_before' }],
  ] as const)(
    '%s: unavailable, drained as uncertain; the session can acquire at once',
    async (_name, fault) => {
      const bench = await openBench();
      await bench.control.setFault({ match: { operation: 'create_store' }, fault });
      expect(await codeOf(bench.leases.acquire(acquireOf('abc')))).toBe('PROVIDER_UNAVAILABLE');
      expect(await bench.sql('SELECT uncertain, state, end_reason FROM lease')).toEqual([
        { uncertain: true, state: 'draining', end_reason: 'gave_up' },
      ]);
      expect(bench.notified).toEqual(['abc']);
      expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({ reused: false });
      expect((await bench.control.state()).stores).toHaveLength(1);
    },
  );

  it('takes longer than an acquire may: answered in time, carried on, there for the next', async () => {
    const bench = await openBench({ acquireTimeoutMs: 300, createDeadlineMs: 5_000 });
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'slow' },
    });
    const calls = acquireMany([bench, await bench.another()], 6).map(codeOf);
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ACQUIRE_TIMEOUT']));
    await bench.control.waitForHeld('slow');
    await bench.control.release('slow');
    const answer = await until(() => bench.leases.acquire(acquireOf('abc')), { describe: 'the lease' });
    expect(answer.reused).toBe(true);
    expect(await creates(bench)).toHaveLength(1);
  });
});

describe('an abandoned claim', () => {
  const abandon = async (bench: Bench): Promise<string> => {
    const leaseId = randomUUID();
    await bench.sql(
      `INSERT INTO lease (lease_id, session_id, state, account_id, claim_token, claim_until, wake_at)
       VALUES ($1, 'abc', 'provisioning', $2, $3, clock_timestamp() - interval '1 s', clock_timestamp())`,
      [leaseId, bench.deps.accountId, randomUUID()],
    );
    return leaseId;
  };

  it('is taken over by an acquire, under the same lease id; renew and files wait', async () => {
    const bench = await openBench();
    const leaseId = await abandon(bench);
    expect(await codeOf(bench.leases.renew(ask('abc')))).toBe('LEASE_SETTLING');
    const answers = await Promise.all(acquireMany([bench, await bench.another()], 10));
    expect(new Set(answers.map((answer) => answer.leaseId))).toEqual(new Set([leaseId]));
    expect(answers.filter((answer) => !answer.reused)).toHaveLength(1);
    expect((await bench.control.state()).stores).toHaveLength(1);
  });

  it('is settled by the workflow, and given up where nobody could for long', async () => {
    const bench = await openBench();
    const leaseId = await abandon(bench);
    const { instanceId } = bench.deps.settings;
    const view = await bench.keeper.reconcile('abc', instanceId);
    expect(view.live).toMatchObject({ leaseId, state: 'provisioning', claimAbandoned: true });
    await bench.sql(`UPDATE lease SET created_at = created_at - interval '1 hour'`);
    expect(await bench.keeper.reconcile('abc', instanceId)).toMatchObject({
      live: null,
      draining: [{ leaseId }],
    });
    const again = await abandon(bench);
    await bench.keeper.settleClaim(again, CONTEXT);
    expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({ leaseId: again, reused: true });
  });

  it('of another key makes no store through this one, and does not keep the session waiting', async () => {
    const bench = await openBench();
    const elsewhere = await bench.leases.acquire(acquireOf('other'));
    const leaseId = await abandon(bench);
    const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
    const made = await newKey.leases.acquire(acquireOf('abc'));
    expect(made).toMatchObject({ reused: false });
    expect(made.leaseId).not.toBe(leaseId);
    // The new account must not pass for the old one: a 404 of it would prove stores gone that are there.
    expect(await bench.sql('SELECT account_id FROM store WHERE store_id = $1', [made.vectorStoreId])).toEqual(
      [{ account_id: newKey.deps.accountId }],
    );
    await bench.leases.release({ ...ask('other'), force: false });
    await bench.sql(`UPDATE store SET created_at = created_at - interval '1 day'`);
    for (const ended of [leaseId, elsewhere.leaseId]) {
      expect(await newKey.keeper.deleteStore(ended, CONTEXT)).toMatchObject({ closed: false });
    }
    expect(await bench.sql('SELECT FROM account_proof')).toEqual([]);
    expect((await bench.leases.get('other')).stuck?.lastError).toContain('ACCOUNT_CHANGED');
  });

  it('of another key of the same account is adopted, where its store was made', async () => {
    const bench = await openBench({ createDeadlineMs: 5_000 });
    const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
    await bench.control.config({ share_accounts: true });
    await bench.control.setFault({ match: { operation: 'create_store' }, fault: { kind: 'drop_after' } });
    await bench.control.setFault({
      match: { operation: 'list_stores' },
      fault: { kind: 'hold', name: 'dies here' },
    });
    bench.leases.acquire(acquireOf('abc')).catch(() => undefined);
    await bench.control.waitForHeld('dies here');
    await bench.sql(`UPDATE lease SET claim_until = clock_timestamp() - interval '1 ms'`);
    await newKey.leases.acquire(acquireOf('abc'));
    expect(newKey.logged.map((line) => line.event)).toContain('store_adopted');
    expect(await creates(bench)).toHaveLength(1);
    await bench.control.release('dies here');
  });

  it('its slow holder loses: one store survives, at most one answer is not reused', async () => {
    const bench = await openBench({ acquireTimeoutMs: 6_000, createDeadlineMs: 3_000 });
    const slow = bench;
    const fast = await bench.another();
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'slow' },
      phase: 'after',
    });
    // The store exists and is hidden from the listing: whoever takes over has to make one of its own.
    const first = slow.leases.acquire(acquireOf('abc'));
    first.catch(() => undefined);
    await bench.control.waitForHeld('slow');
    await bench.control.setFault({ match: { operation: 'list_stores' }, fault: { kind: 'empty_list' } });
    await bench.sql(`UPDATE lease SET claim_until = clock_timestamp() - interval '1 ms'`);
    const second = await fast.leases.acquire(acquireOf('abc'));
    expect(second.reused).toBe(false);
    await bench.control.release('slow');
    expect(await first).toMatchObject({ vectorStoreId: second.vectorStoreId, reused: true });
    expect(await creates(bench)).toHaveLength(2);
    const { stores } = await bench.control.state();
    expect(stores.map((store) => store.id)).toEqual([second.vectorStoreId]);
    expect(slow.logged.map((line) => line.event)).toContain('store_taken_back');
  });

  it('whose store was adopted by the take-over is not taken back', async () => {
    const bench = await openBench({ createDeadlineMs: 3_000 });
    const fast = await bench.another();
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'slow' },
      phase: 'after',
    });
    const first = bench.leases.acquire(acquireOf('abc'));
    await bench.control.waitForHeld('slow');
    await bench.sql(`UPDATE lease SET claim_until = clock_timestamp() - interval '1 ms'`);
    const second = await fast.leases.acquire(acquireOf('abc'));
    await bench.control.release('slow');
    expect(await first).toMatchObject({ vectorStoreId: second.vectorStoreId, reused: true });
    expect(await creates(bench)).toHaveLength(1);
    expect((await bench.control.state()).stores).toHaveLength(1);
  });

  it('sends nothing after it ran out', async () => {
    const bench = await openBench({ createDeadlineMs: -700, acquireTimeoutMs: 300 });
    expect(await codeOf(bench.leases.acquire(acquireOf('abc')))).toBe('ACQUIRE_TIMEOUT');
    expect(await creates(bench)).toEqual([]);
  });
});
