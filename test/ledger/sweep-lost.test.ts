/** Live leases whose store is gone at the provider, or would soon be. */
import { expect, it } from 'vitest';
import { acquireOf, ask, CONTEXT, openBench, trackOf, type Bench } from './kit.ts';
import { appear, closedLease, deletions, leaseOf, settle, sweepOnce } from './sweep-kit.ts';

const DAY_MS = 86_400_000;

async function settledLease(bench: Bench, protect = false) {
  const acquired = await bench.leases.acquire(acquireOf('abc', protect));
  // Something that stays, so that the listing is not suspiciously short.
  await bench.leases.acquire(acquireOf('stays'));
  await settle(bench);
  await sweepOnce(bench);
  return acquired;
}

it('a store that two sweeps miss and the provider does not know ends its lease as store_lost', async () => {
  const bench = await openBench({ youngObjectMs: 0 });
  const { vectorStoreId, leaseId } = await settledLease(bench);
  await bench.leases.track(trackOf('abc', ['file-1']));
  await bench.control.vanish(vectorStoreId);
  expect(await sweepOnce(bench)).toMatchObject({ counts: { missing: 1, store_lost: 0 } });
  expect((await bench.leases.get('abc')).state).toBe('active');
  bench.notified.length = 0;
  expect(await sweepOnce(bench)).toMatchObject({
    counts: { missing: 1, store_lost: 1 },
    actions: [{ storeId: vectorStoreId, leaseId, action: 'end_lease' }],
  });
  expect(await bench.leases.get('abc')).toMatchObject({ state: 'draining', endReason: 'store_lost' });
  expect(bench.notified).toEqual(['abc']);
  expect(bench.metered).toContainEqual(['storeLost']);
  expect(bench.logged).toContainEqual(expect.objectContaining({ event: 'store_lost', session_id: 'abc' }));

  const next = await bench.leases.acquire(acquireOf('abc'));
  expect(next).toMatchObject({ reused: false });
  expect(next.vectorStoreId).not.toBe(vectorStoreId);
  await bench.keeper.deleteFiles(leaseId, CONTEXT);
  expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toMatchObject({ closed: true });
  const journal = await bench.control.journal();
  expect(
    journal.filter((entry) => entry.operation === 'delete_file' && entry.target === 'file-1'),
  ).toHaveLength(1);
});

it('a store that is listed again in between was not lost', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await settledLease(bench);
  await bench.sql('UPDATE store SET missing_runs = 1, missing_run_id = 0 WHERE store_id = $1', [
    vectorStoreId,
  ]);
  await sweepOnce(bench);
  expect(await bench.sql('SELECT missing_runs FROM store WHERE store_id = $1', [vectorStoreId])).toEqual([
    { missing_runs: 0 },
  ]);
  await bench.control.vanish(vectorStoreId);
  await sweepOnce(bench);
  expect((await bench.leases.get('abc')).state).toBe('active');
});

it('a run that is not believed misses nothing', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await settledLease(bench);
  await bench.control.vanish(vectorStoreId);
  await sweepOnce(bench);
  await bench.control.setFault({
    match: { operation: 'list_stores' },
    fault: { kind: 'status', status: 500 },
  });
  await sweepOnce(bench);
  expect((await bench.leases.get('abc')).state).toBe('active');
});

it('a dry run ends no lease', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await settledLease(bench);
  await bench.control.vanish(vectorStoreId);
  await sweepOnce(bench, true);
  expect(await sweepOnce(bench, true)).toMatchObject({ counts: { store_lost: 1 } });
  expect((await bench.leases.get('abc')).state).toBe('active');
});

it('a lease that was released meanwhile is not lost', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await settledLease(bench);
  await bench.control.vanish(vectorStoreId);
  await sweepOnce(bench);
  await bench.leases.release({ ...ask('abc'), force: false });
  expect(await sweepOnce(bench)).toMatchObject({ counts: { missing: 0, store_lost: 0 } });
  expect((await bench.leases.get('abc')).endReason).toBe('released');
});

it('a store that has expired at the provider ends its lease, a protected one too', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await settledLease(bench, true);
  await bench.control.expire(vectorStoreId);
  await sweepOnce(bench);
  expect(await bench.leases.get('abc')).toMatchObject({ endReason: 'store_lost' });
});

it('a listing that says "expired" of a store that is not is not enough', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await settledLease(bench);
  await bench.control.expire(vectorStoreId);
  const alive = {
    id: vectorStoreId,
    object: 'vector_store',
    created_at: 1,
    status: 'completed',
    metadata: {},
  };
  await bench.control.setFault({
    match: { operation: 'retrieve_store' },
    times: 0,
    fault: { kind: 'answer', body: alive },
  });
  await sweepOnce(bench);
  expect((await bench.leases.get('abc')).state).toBe('active');
});

/** As the listing tells it: expiry is so many days off. */
async function expiresInDays(bench: Bench, days: number): Promise<void> {
  const list = async () => {
    const { stores } = await bench.control.state();
    return stores.map((store) => ({
      ...{ id: store.id, object: 'vector_store', created_at: store.created_at, name: store.name },
      ...{ status: 'completed', metadata: store.metadata },
      expires_at: Math.floor((Date.now() + days * DAY_MS) / 1000),
    }));
  };
  const body = { object: 'list', data: await list(), has_more: false };
  await bench.control.setFault({ match: { operation: 'list_stores' }, fault: { kind: 'answer', body } });
}

const updates = async (bench: Bench) =>
  (await bench.control.journal()).filter((entry) => entry.operation === 'update_store');
const expiryAt = async (bench: Bench, storeId: string) =>
  (await bench.control.state()).stores.find((store) => store.id === storeId)?.expires_after_days;

it("pushes the provider's expiry out once half of it has passed, not before", async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('abc'));
  await expiresInDays(bench, 3.6);
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, counts: { expiry_pushed: 0 } });
  expect(await updates(bench)).toEqual([]);
  await expiresInDays(bench, 3.4);
  expect(await sweepOnce(bench)).toMatchObject({
    counts: { expiry_pushed: 1, expiry_cleared: 0 },
    actions: [{ action: 'push_expiry' }],
  });
  expect(bench.metered).toContainEqual(['expiryKept', 'pushed']);
});

it('stops pushing when its time is up, so that orphans are deleted all the same', async () => {
  const bench = await openBench({ passBudgetMs: 1_500, orphanMinAgeMs: 0, youngObjectMs: 0 });
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  for (const id of ['one', 'two', 'three', 'four']) await bench.leases.acquire(acquireOf(id));
  await sweepOnce(bench);
  await expiresInDays(bench, 1);
  const slow = { kind: 'latency', ms: 1_000 } as const;
  await bench.control.setFault({ match: { operation: 'update_store' }, times: 0, fault: slow });
  const { valid, counts } = await sweepOnce(bench);
  expect(valid).toBe(true);
  expect(counts['expiry_pushed']).toBeLessThan(4);
  expect(await deletions(bench, orphan)).toBe(1);
});

it('clears an expiry that does not move', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
  await bench.sql('SELECT 1');
  const stuck = {
    id: vectorStoreId,
    object: 'vector_store',
    created_at: 1,
    status: 'completed',
    metadata: {},
  };
  const expires_at = Math.floor((Date.now() + 3 * DAY_MS) / 1000);
  await expiresInDays(bench, 3);
  await bench.control.setFault({
    match: { operation: 'retrieve_store' },
    fault: { kind: 'answer', body: { ...stuck, expires_at } },
  });
  expect(await sweepOnce(bench)).toMatchObject({ counts: { expiry_pushed: 0, expiry_cleared: 1 } });
  expect(await expiryAt(bench, vectorStoreId)).toBeNull();
  expect(bench.logged).toContainEqual(expect.objectContaining({ event: 'store_expiry_cleared' }));
});

it('clears that of a protected lease, which should have none', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc', true));
  await expiresInDays(bench, 1);
  expect(await sweepOnce(bench)).toMatchObject({ counts: { expiry_cleared: 1 } });
  expect(await expiryAt(bench, vectorStoreId)).toBeNull();
});

it('a refused push is told and holds back nothing; a dry run pushes nothing', async () => {
  const bench = await openBench();
  for (const id of ['one', 'two']) await bench.leases.acquire(acquireOf(id));
  await expiresInDays(bench, 1);
  expect((await sweepOnce(bench, true)).actions).toHaveLength(2);
  expect(await updates(bench)).toEqual([]);
  await expiresInDays(bench, 1);
  await bench.control.setFault({
    match: { operation: 'update_store' },
    fault: { kind: 'status', status: 400 },
  });
  expect(await sweepOnce(bench)).toMatchObject({ counts: { expiry_failed: 1, expiry_pushed: 1 } });
  expect((await bench.leases.get('one')).state).toBe('active');
  expect(await leaseOf(bench, 'two')).toBeDefined();
});
