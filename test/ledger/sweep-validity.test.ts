/** Which listings a sweep believes. What it does on the strength of one is in the other sweep tests. */
import { expect, it } from 'vitest';
import { createSweepKeeper } from '../../leases/sweep/index.ts';
import { lastRun } from '../../ledger/queries/sweep-run.ts';
import type { Fault } from '../../simulator/contract.ts';
import { acquireOf, ask, CONTEXT, openBench } from './kit.ts';
import { appear, listedKinds, settle, sweepOnce } from './sweep-kit.ts';

const listing = (fault: Fault, skip = 0, times = 0) => ({
  match: { operation: 'list_stores' as const },
  fault,
  skip,
  times,
});

it('believes a whole listing and knows what each store is', async () => {
  const bench = await openBench();
  const held = await bench.leases.acquire(acquireOf('abc'));
  const foreign = await appear(bench);
  const report = await sweepOnce(bench);
  expect(report).toMatchObject({ valid: true, listed: 2, counts: { held: 1, foreign: 1, missing: 0 } });
  expect(await listedKinds(bench)).toEqual({ [held.vectorStoreId]: 'held', [foreign]: 'foreign' });
  expect(bench.metered).toContainEqual(['swept', 'valid']);
});

it('takes names and tags that the ledger cannot store', async () => {
  const bench = await openBench();
  const odd = await appear(bench, { instanceId: 'a\0b', sessionId: '\0' }, 'nul \0 in it');
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, counts: { foreign: 1 } });
  expect(await bench.sql(`SELECT name, instance_id FROM listed_store WHERE store_id = $1`, [odd])).toEqual([
    { name: 'nul  in it', instance_id: 'ab' },
  ]);
});

it.each<[string, Fault, number]>([
  ['breaks off in the middle', { kind: 'status', status: 500 }, 1],
  ['runs in circles', { kind: 'repeat_cursor' }, 0],
  ['claims more after an empty page', { kind: 'empty_list', has_more: true }, 0],
  ['is forbidden', { kind: 'status', status: 401 }, 0],
])('does not believe a listing that %s, and keeps what it knew', async (_name, fault, skip) => {
  const bench = await openBench();
  const stores = await Promise.all(Array.from({ length: 101 }, () => appear(bench)));
  await sweepOnce(bench);
  await bench.control.setFault(listing(fault, skip));
  const report = await sweepOnce(bench);
  expect(report).toMatchObject({ valid: false, invalidReason: 'error', actions: [] });
  expect(report.invalidDetail).toContain('list_stores');
  expect(Object.keys(await listedKinds(bench)).toSorted()).toEqual(stores.toSorted());
  expect(await bench.sql('SELECT FROM sweep_seen')).toEqual([]);
  expect(bench.metered).toContainEqual(['swept', 'invalid']);
});

it('does not believe an empty listing while a settled lease has a store that is there', async () => {
  const bench = await openBench();
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
  await settle(bench);
  await bench.control.setFault(listing({ kind: 'empty_list' }));
  // Not the second time either: what is there is there.
  for (let times = 0; times < 2; times += 1) {
    expect(await sweepOnce(bench)).toMatchObject({ valid: false, invalidReason: 'missing_but_there' });
  }
  expect(await bench.sql('SELECT missing_runs FROM store')).toEqual([{ missing_runs: 0 }]);
  expect((await bench.leases.get('abc')).vectorStoreId).toBe(vectorStoreId);
});

it('does not miss the store of a lease that became active just before', async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('abc'));
  await bench.control.setFault(listing({ kind: 'empty_list' }));
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, listed: 0, counts: { missing: 0 } });
});

it('a retrieve that fails says nothing: the run is not believed', async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('abc'));
  await settle(bench);
  await bench.control.setFault(listing({ kind: 'empty_list' }));
  await bench.control.setFault({
    match: { operation: 'retrieve_store' },
    times: 0,
    fault: { kind: 'status', status: 503 },
  });
  expect(await sweepOnce(bench)).toMatchObject({ valid: false, invalidReason: 'error' });
});

it('believes that more than half are gone only when two runs in a row miss the same', async () => {
  const bench = await openBench();
  const stores = await Promise.all(Array.from({ length: 5 }, () => appear(bench)));
  await sweepOnce(bench);
  for (const id of stores.slice(0, 2)) await bench.control.vanish(id);
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, listed: 3 });
  for (const id of stores.slice(2, 4)) await bench.control.vanish(id);
  expect(await sweepOnce(bench)).toMatchObject({ valid: false, invalidReason: 'half_missing', listed: 1 });
  expect(Object.keys(await listedKinds(bench))).toHaveLength(3);
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, listed: 1 });
  expect(Object.keys(await listedKinds(bench))).toEqual(stores.slice(4));
  expect(await bench.sql('SELECT FROM sweep_seen')).toEqual([]);
});

it('the run before is the one before by number, also from 9 to 10', async () => {
  const bench = await openBench();
  const stores = await Promise.all(Array.from({ length: 4 }, () => appear(bench)));
  await bench.sql(`ALTER TABLE sweep_run ALTER COLUMN run_id RESTART WITH 9`);
  await sweepOnce(bench);
  for (const id of stores.slice(0, 3)) await bench.control.vanish(id);
  const runs = [await sweepOnce(bench), await sweepOnce(bench)];
  expect(runs).toMatchObject([
    { runId: '10', valid: false, invalidReason: 'half_missing' },
    { runId: '11', valid: true },
  ]);
  expect((await lastRun(bench.ledger, bench.deps.accountId))?.runId).toBe('11');
});

it('a second run that misses others than the first is not believed', async () => {
  const bench = await openBench();
  const stores = await Promise.all(Array.from({ length: 4 }, () => appear(bench)));
  await sweepOnce(bench);
  for (const id of stores.slice(0, 3)) await bench.control.vanish(id);
  expect(await sweepOnce(bench)).toMatchObject({ valid: false });
  await bench.control.vanish(stores[3] ?? '');
  expect(await sweepOnce(bench)).toMatchObject({ valid: false, invalidReason: 'half_missing' });
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, listed: 0 });
});

it('does not miss what was proven deleted since', async () => {
  const bench = await openBench();
  for (const id of ['a', 'b', 'c']) await bench.leases.acquire(acquireOf(id));
  await sweepOnce(bench);
  for (const id of ['a', 'b', 'c']) {
    await bench.leases.release({ ...ask(id), force: false });
    await bench.keeper.deleteStore((await bench.leases.get(id)).leaseId, CONTEXT);
  }
  expect(await sweepOnce(bench)).toMatchObject({ valid: true, listed: 0 });
});

it('one sweep at a time; one that shows no pulse is succeeded, and then does nothing more', async () => {
  const bench = await openBench();
  const keeper = createSweepKeeper(bench.deps);
  await appear(bench);
  const first = await keeper.beginSweep({ dryRun: false, holder: 'first' });
  expect(await keeper.beginSweep({ dryRun: false, holder: 'second' })).toBeNull();
  await bench.sql(`UPDATE sweep_run SET pulse_at = pulse_at - interval '3 min'`);
  const second = await keeper.beginSweep({ dryRun: false, holder: 'second' });
  expect(second).not.toBeNull();
  if (first === null || second === null) return;
  expect(await keeper.listStores(first, CONTEXT)).toEqual({ valid: false });
  expect(await keeper.finishSweep(first)).toMatchObject({ valid: false, invalidReason: 'interrupted' });
  expect(await keeper.listStores(second, CONTEXT)).toEqual({ valid: true });
  expect(await keeper.finishSweep(second)).toMatchObject({ valid: true, listed: 1 });
});

it('a run that is taken over in the middle of its listing stops there', async () => {
  const bench = await openBench();
  const keeper = createSweepKeeper(bench.deps);
  await appear(bench);
  await bench.control.setFault(listing({ kind: 'hold', name: 'list' }, 0, 1));
  const first = await keeper.beginSweep({ dryRun: false, holder: 'first' });
  if (first === null) throw new Error('not begun');
  const listed = keeper.listStores(first, CONTEXT);
  listed.catch(() => undefined);
  await bench.control.waitForHeld('list');
  await bench.sql(`UPDATE sweep_run SET pulse_at = pulse_at - interval '3 min'`);
  await keeper.beginSweep({ dryRun: false, holder: 'second' });
  await bench.control.release('list');
  await expect(listed).rejects.toMatchObject({ code: 'SWEEP_RUNNING' });
  expect(await listedKinds(bench)).toEqual({});
});

it('a step that is repeated counts a sighting once', async () => {
  const bench = await openBench();
  const keeper = createSweepKeeper(bench.deps);
  await appear(bench);
  const run = await keeper.beginSweep({ dryRun: false, holder: 'first' });
  if (run === null) throw new Error('not begun');
  await keeper.listStores(run, CONTEXT);
  // As after an answer that Temporal never got, and one that was lost a little earlier.
  await keeper.listStores(run, CONTEXT);
  await bench.sql('UPDATE sweep_run SET valid = NULL');
  expect(await keeper.listStores(run, CONTEXT)).toEqual({ valid: true });
  expect(await bench.sql('SELECT sightings FROM listed_store')).toEqual([{ sightings: 1 }]);
  expect(await keeper.finishSweep(run)).toMatchObject({ listed: 1 });
});

it('tells the workflows of leases that nobody has looked after', async () => {
  const bench = await openBench();
  for (const id of ['unseen', 'overdue', 'well']) await bench.leases.acquire(acquireOf(id));
  await bench.sql('UPDATE lease SET seen_version = wanted_version');
  await bench.sql(`UPDATE lease SET wanted_version = wanted_version + 1, changed_at = changed_at - interval '3 min'
    WHERE session_id = 'unseen'`);
  await bench.sql(
    `UPDATE lease SET expires_at = clock_timestamp() - interval '3 min' WHERE session_id = 'overdue'`,
  );
  bench.notified.length = 0;
  expect(await sweepOnce(bench)).toMatchObject({ counts: { unseen: 1, overdue: 1, stalled: 0 } });
  expect(bench.notified.toSorted()).toEqual(['overdue', 'unseen']);
});
