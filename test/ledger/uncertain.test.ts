/** A lease whose create may have made a store that nobody saw: what it takes until it may close. */
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { TAG_INSTANCE, TAG_LEASE } from '../../domain/store-tags.ts';
import { acquireOf, ask, CONTEXT, KEY, openBench, type Bench } from './kit.ts';

/** A lease given up after a create without an answer, or one adopted and then released. */
async function uncertain(bench: Bench, kind: 'drop_before' | 'drop_after'): Promise<string> {
  await bench.control.setFault({ match: { operation: 'create_store' }, fault: { kind } });
  const acquired = await bench.leases.acquire(acquireOf('abc')).catch(() => undefined);
  if (acquired !== undefined) await bench.leases.release({ ...ask('abc'), force: false });
  return (await bench.leases.get('abc')).leaseId;
}

/** A store that turns up with the lease's tag. */
async function appear(bench: Bench, leaseId: string): Promise<string> {
  const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl });
  const metadata = { [TAG_INSTANCE]: bench.deps.settings.instanceId, [TAG_LEASE]: leaseId };
  return (await sdk.vectorStores.create({ name: 'late', metadata })).id;
}

const aMinutePasses = (bench: Bench) =>
  bench.sql(`UPDATE lease SET last_listing_at = last_listing_at - interval '61 s'`);
const listings = async (bench: Bench) =>
  (await bench.control.journal()).filter((entry) => entry.operation === 'list_stores').length;

it('closes after three empty listings a gap apart, and lists no oftener than that', async () => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_before');
  const before = await listings(bench);
  for (let counted = 1; counted <= 2; counted += 1) {
    const outcome = await bench.keeper.deleteStore(leaseId, CONTEXT);
    expect(outcome.closed).toBe(false);
    expect(outcome.waitMs).toBeGreaterThan(59_000);
    await bench.keeper.deleteStore(leaseId, CONTEXT);
    expect(await listings(bench)).toBe(before + counted);
    await aMinutePasses(bench);
  }
  expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
});

it('deletes a store that appears late, and begins to count again', async () => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_before');
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  await aMinutePasses(bench);
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  await appear(bench, leaseId);
  await aMinutePasses(bench);
  expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toMatchObject({ closed: false });
  expect((await bench.control.state()).stores).toEqual([]);
  expect(await bench.sql('SELECT empty_listings FROM lease')).toEqual([{ empty_listings: 0 }]);
  for (let more = 0; more < 3; more += 1) {
    await aMinutePasses(bench);
    await bench.keeper.deleteStore(leaseId, CONTEXT);
  }
  expect(await bench.leases.get('abc')).toMatchObject({ state: 'closed' });
});

it('deletes the adopted store and its unseen twin, also an expired one', async () => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_after');
  const twin = await appear(bench, leaseId);
  await bench.control.expire(twin);
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  expect((await bench.control.state()).stores).toEqual([]);
});

it('leaves alone a tagged store that another lease holds', async () => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_before');
  const storeId = await appear(bench, leaseId);
  await bench.leases.register({
    sessionId: 'other',
    vectorStoreId: storeId,
    protect: false,
    requestId: 'test',
  });
  for (let times = 0; times < 3; times += 1) {
    await bench.keeper.deleteStore(leaseId, CONTEXT);
    await aMinutePasses(bench);
  }
  expect((await bench.leases.get('abc')).state).toBe('closed');
  expect((await bench.control.state()).stores).toHaveLength(1);
});

it('a provider that says "deleted" and lists the store still: never closed, backs off, ends up stuck', async () => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_after');
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    times: 0,
    fault: { kind: 'delete_noop' },
  });
  const first = await bench.keeper.deleteStore(leaseId, CONTEXT);
  expect(first.waitMs).toBeGreaterThan(59_000);
  const waits: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    await aMinutePasses(bench);
    waits.push((await bench.keeper.deleteStore(leaseId, CONTEXT)).waitMs);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000]);
  await bench.sql(`UPDATE lease SET failing_since = failing_since - interval '11 min'`);
  await aMinutePasses(bench);
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  expect((await bench.leases.get('abc')).stuck?.lastError).toContain('still lists');
  await bench.control.clearFaults();
  for (let times = 0; times < 5; times += 1) {
    await aMinutePasses(bench);
    await bench.keeper.deleteStore(leaseId, CONTEXT);
  }
  expect(await bench.leases.get('abc')).toMatchObject({ state: 'closed', stuck: null });
  expect((await bench.control.state()).stores).toEqual([]);
});

it.each([
  ['fails', { kind: 'status', status: 500 }],
  ['runs in circles', { kind: 'repeat_cursor' }],
  ['is empty and claims more', { kind: 'empty_list', has_more: true }],
  ['is forbidden', { kind: 'status', status: 401 }],
] as const)('a listing that %s counts for nothing', async (_name, fault) => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_before');
  await bench.leases.acquire(acquireOf('beside'));
  await bench.control.setFault({ match: { operation: 'list_stores' }, times: 0, fault });
  expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toMatchObject({ closed: false });
  expect(
    await bench.sql(`SELECT empty_listings, attempts FROM lease WHERE lease_id = $1`, [leaseId]),
  ).toEqual([{ empty_listings: 0, attempts: 1 }]);
});

it('another key lists another account: nothing is counted until it is proven to be the same', async () => {
  const bench = await openBench();
  const leaseId = await uncertain(bench, 'drop_before');
  const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
  expect(await newKey.keeper.deleteStore(leaseId, CONTEXT)).toMatchObject({ closed: false });
  expect((await bench.leases.get('abc')).stuck?.lastError).toContain('ACCOUNT_CHANGED');
  expect(await bench.sql('SELECT empty_listings FROM lease')).toEqual([{ empty_listings: 0 }]);
});
