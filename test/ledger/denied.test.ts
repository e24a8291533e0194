/** Providers that say something else than 404 of what does not exist: only complete listings prove it gone. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../simulator/contract.ts';
import { DONE, openClient, pass } from './attached-kit.ts';
import { acquireOf, CONTEXT, trackOf } from './kit.ts';

const error = (message: string) => ({ error: { message, type: 'invalid_request_error' } });
const ANSWERS: readonly (readonly [string, Fault])[] = [
  ['400 not found', { kind: 'status', status: 400, body: error('The resource was not found') }],
  ['200 without a deletion', { kind: 'answer', body: { deleted: false } }],
];

describe.each(ANSWERS)('%s', (_what, fault) => {
  /** A draining lease with a tracked file; both are denied, whether they exist or not. */
  async function denied() {
    const client = await openClient({ deleteAttachedFiles: 'tracked' });
    const { bench } = client;
    const { leaseId, vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
    const [fileId = ''] = await client.upload(1);
    await bench.leases.track(trackOf('abc', [fileId]));
    await client.release('abc');
    const missing = async () => {
      await bench.control.vanish(vectorStoreId);
      await client.sdk.files.delete(fileId);
    };
    const deny = async (operation: 'delete_store' | 'delete_file') =>
      bench.control.setFault({ match: { operation }, times: 0, fault });
    return { client, bench, leaseId, missing, deny };
  }
  const later = async (bench: Awaited<ReturnType<typeof denied>>['bench']) => {
    for (const table of ['file', 'store']) {
      await bench.sql(`UPDATE ${table} SET not_found_at = not_found_at - interval '61 s'`);
    }
  };

  it('of what is missing: proven by two complete listings a minute apart', async () => {
    const { bench, leaseId, missing, deny } = await denied();
    await missing();
    await deny('delete_store');
    await deny('delete_file');
    const first = await pass(bench, leaseId);
    expect(first.closed).toBe(false);
    expect(first.waitMs).toBeGreaterThan(59_000);
    await later(bench);
    expect(await pass(bench, leaseId)).toEqual(DONE);
  });

  it('of what is there: a failure', async () => {
    const { bench, leaseId, deny } = await denied();
    if (fault.kind === 'answer') {
      // The answer alone is bent: the deletion must not take effect either.
      for (const operation of ['delete_store', 'delete_file'] as const) {
        await bench.control.setFault({
          match: { operation },
          times: 0,
          fault: { kind: 'delete_noop', deleted: false },
        });
      }
    } else {
      await deny('delete_store');
      await deny('delete_file');
    }
    for (let times = 0; times < 2; times += 1) {
      const outcome = await pass(bench, leaseId);
      expect(outcome.closed).toBe(false);
      expect(outcome.waitMs).toBeLessThan(10_000);
      await later(bench);
    }
    expect((await bench.leases.get('abc')).deletedFiles).toEqual([]);
    await bench.control.clearFaults();
    expect(await pass(bench, leaseId)).toEqual(DONE);
    expect(await bench.control.state()).toMatchObject({ stores: [], files: [] });
  });

  it('with a listing that fails, or leaves out what exists: no proof', async () => {
    const { bench, leaseId, missing, deny } = await denied();
    await bench.leases.acquire(acquireOf('other'));
    await bench.sql(`UPDATE lease SET created_at = created_at - interval '6 min' WHERE session_id = 'other'`);
    await missing();
    await deny('delete_store');
    const listing = { operation: 'list_stores' } as const;
    await bench.control.setFault({ match: listing, fault: { kind: 'status', status: 500 } });
    expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: false, waitMs: 1_000 });
    await bench.control.setFault({ match: listing, fault: { kind: 'empty_list' } });
    expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: false, waitMs: 2_000 });
    expect(await bench.sql('SELECT FROM store WHERE not_found_at IS NOT NULL')).toEqual([]);
  });
});

it('"deleted" of anything, through another key, proves nothing', async () => {
  const client = await openClient({ deleteAttachedFiles: 'tracked' });
  const { bench } = client;
  const { leaseId, vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
  await client.release('abc');
  const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
  const body = { id: vectorStoreId, object: 'vector_store.deleted', deleted: true };
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    times: 0,
    fault: { kind: 'answer', body },
  });
  expect(await pass(newKey, leaseId)).toMatchObject({ closed: false });
  expect((await bench.leases.get('abc')).stuck?.lastError).toMatch(/^ACCOUNT_CHANGED/);
  expect((await bench.control.state()).stores).toHaveLength(1);
  await bench.control.clearFaults();
  expect(await pass(bench, leaseId)).toEqual(DONE);
});
