/** What a sweep deletes, and above all what it does not. */
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { pauseDeletions } from '../../leases/index.ts';
import { acquireOf, ask, CONTEXT, openBench } from './kit.ts';
import { limited } from './limits-kit.ts';
import { appear, closedLease, deletions, leaseOf, listedKinds, storeIds, sweepOnce } from './sweep-kit.ts';

const UNKNOWN = '00000000-0000-4000-8000-000000000001';
const AT_ONCE = { orphanMinAgeMs: 0, youngObjectMs: 0 };

it('deletes an orphan of a closed lease that two valid sweeps have seen, and records why', async () => {
  const bench = await openBench(AT_ONCE);
  const leaseId = await closedLease(bench);
  const orphan = await appear(bench, { leaseId });
  expect(await sweepOnce(bench)).toMatchObject({ counts: { orphan: 1, orphans_doomed: 0 }, actions: [] });
  expect(await storeIds(bench)).toEqual([orphan]);
  const why = 'orphan: its lease is closed';
  expect(await sweepOnce(bench)).toMatchObject({
    counts: { orphans_doomed: 1, deleted: 1 },
    actions: [{ storeId: orphan, leaseId, action: 'delete', why }],
  });
  expect(await storeIds(bench)).toEqual([]);
  const rows = `SELECT state, delete_reason FROM store WHERE store_id = $1`;
  expect(await bench.sql(rows, [orphan])).toEqual([{ state: 'deleted', delete_reason: why }]);
  expect(bench.logged).toContainEqual(
    expect.objectContaining({
      event: 'orphan_deleted',
      vector_store_id: orphan,
      lease_id: leaseId,
      reason: why,
    }),
  );
  expect(bench.metered).toContainEqual(['strayDeleted', 'orphan']);
});

it('deletes the second store of an active lease, and leaves the one in use', async () => {
  const bench = await openBench(AT_ONCE);
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
  const twin = await appear(bench, { leaseId: await leaseOf(bench, 'abc') });
  await sweepOnce(bench);
  const { actions } = await sweepOnce(bench);
  expect(actions).toMatchObject([{ storeId: twin, why: 'orphan: its lease uses another store' }]);
  expect(await storeIds(bench)).toEqual([vectorStoreId]);
  await bench.leases.release({ ...ask('abc'), force: false });
  expect(await bench.keeper.deleteStore(await leaseOf(bench, 'abc'), CONTEXT)).toMatchObject({
    closed: true,
  });
});

it('a young orphan waits, however often it was seen', async () => {
  const bench = await openBench();
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  for (let times = 0; times < 3; times += 1) await sweepOnce(bench);
  expect(await storeIds(bench)).toEqual([orphan]);
  expect(await bench.sql('SELECT kind, sightings FROM listed_store')).toEqual([
    { kind: 'orphan', sightings: 3 },
  ]);
  const impatient = await bench.another({ settings: AT_ONCE });
  await sweepOnce(impatient);
  expect(await storeIds(bench)).toEqual([]);
});

it('sightings are of runs in a row and valid', async () => {
  const bench = await openBench(AT_ONCE);
  const leaseId = await closedLease(bench);
  const orphan = await appear(bench, { leaseId });
  await sweepOnce(bench);
  await bench.control.setFault({
    match: { operation: 'list_stores' },
    fault: { kind: 'status', status: 500 },
  });
  await sweepOnce(bench);
  expect(await storeIds(bench)).toEqual([orphan]);
  await bench.leases.register({
    sessionId: 'other',
    vectorStoreId: orphan,
    protect: false,
    requestId: 'test',
  });
  await sweepOnce(bench);
  expect(await listedKinds(bench)).toEqual({ [orphan]: 'held' });
  expect(await bench.sql('SELECT sightings FROM listed_store')).toEqual([{ sightings: 1 }]);
  expect(await storeIds(bench)).toEqual([orphan]);
});

it('never deletes what its ledger does not know, what carries no tag, or what another installation tagged', async () => {
  const bench = await openBench(AT_ONCE);
  const lost = await appear(bench, { leaseId: UNKNOWN, sessionId: 'abc' });
  const nameless = await appear(bench, { instanceId: bench.deps.settings.instanceId });
  const malformed = await appear(bench, { leaseId: 'no-uuid' });
  const foreign = await appear(bench);
  const other = await appear(bench, { leaseId: await closedLease(bench), instanceId: 'another' });
  for (let times = 0; times < 3; times += 1) await sweepOnce(bench);
  expect(await storeIds(bench)).toEqual([lost, nameless, malformed, foreign, other].toSorted());
  expect(await listedKinds(bench)).toEqual({
    [lost]: 'ledger_lost',
    [nameless]: 'ledger_lost',
    [malformed]: 'ledger_lost',
    [foreign]: 'foreign',
    [other]: 'foreign',
  });
  expect(bench.logged).toContainEqual(expect.objectContaining({ event: 'ledger_lost', stores: 3 }));
});

it('leaves alone what a provisioning or draining lease may still settle itself', async () => {
  const bench = await openBench(AT_ONCE);
  await bench.control.setFault({ match: { operation: 'create_store' }, fault: { kind: 'drop_before' } });
  await bench.leases.acquire(acquireOf('abc')).catch(() => undefined);
  const claimed = await appear(bench, { leaseId: await leaseOf(bench, 'abc') });
  for (let times = 0; times < 3; times += 1) await sweepOnce(bench);
  expect(await listedKinds(bench)).toEqual({ [claimed]: 'claimed' });
  expect(await storeIds(bench)).toEqual([claimed]);
});

it('leaves alone what an operator gave up', async () => {
  const bench = await openBench(AT_ONCE);
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  await bench.sql(
    `INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state, abandoned_at)
     SELECT provider, base_url, $1, account_id, lease_id, 'abandoned', clock_timestamp() FROM store`,
    [orphan],
  );
  for (let times = 0; times < 3; times += 1) await sweepOnce(bench);
  expect(await listedKinds(bench)).toEqual({ [orphan]: 'abandoned' });
  expect(await storeIds(bench)).toEqual([orphan]);
});

it('a dry run tells what it would do, and does none of it', async () => {
  const bench = await openBench(AT_ONCE);
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  await sweepOnce(bench, true);
  const report = await sweepOnce(bench, true);
  expect(report).toMatchObject({ dryRun: true, actions: [{ storeId: orphan, action: 'delete' }] });
  expect(await deletions(bench, orphan)).toBe(0);
  expect(await bench.sql('SELECT FROM store WHERE store_id = $1', [orphan])).toEqual([]);
});

it('sends nothing and marks nothing while deletions are paused', async () => {
  const bench = await openBench(AT_ONCE);
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  await pauseDeletions(bench.ledger, { by: 'test', reason: 'test' });
  await sweepOnce(bench);
  expect(await sweepOnce(bench)).toMatchObject({ counts: { paused: 1, orphans_doomed: 0 } });
  expect(await deletions(bench, orphan)).toBe(0);
  expect(await bench.sql('SELECT FROM store WHERE store_id = $1', [orphan])).toEqual([]);
});

it('a pause that comes after the tombstones stops the deletes', async () => {
  const bench = await openBench(AT_ONCE);
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  await sweepOnce(bench);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    fault: { kind: 'status', status: 500 },
  });
  expect(await sweepOnce(bench)).toMatchObject({ counts: { delete_failed: 1 } });
  expect(await bench.sql(`SELECT state FROM store WHERE store_id = $1`, [orphan])).toEqual([
    { state: 'deleting' },
  ]);
  await pauseDeletions(bench.ledger, { by: 'test', reason: 'test' });
  await sweepOnce(bench);
  expect(await deletions(bench, orphan)).toBe(1);
});

it('an orphan whose delete fails stays listed with the error, cannot be leased, and is tried again', async () => {
  const bench = await openBench(AT_ONCE);
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  await sweepOnce(bench);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    fault: { kind: 'status', status: 500 },
  });
  await sweepOnce(bench);
  const [row] = await bench.sql<{ last_error: string }>('SELECT last_error FROM store WHERE store_id = $1', [
    orphan,
  ]);
  expect(row?.last_error).toContain('500');
  const registration = { sessionId: 'other', vectorStoreId: orphan, protect: false, requestId: 'test' };
  await expect(bench.leases.register(registration)).rejects.toMatchObject({ code: 'STORE_LEASED' });
  expect(await sweepOnce(bench)).toMatchObject({ counts: { deleting: 1, deleted: 1 } });
  expect(await storeIds(bench)).toEqual([]);
});

it('a breaker that opens under the deletes ends them; what is left keeps its tombstone', async () => {
  const bench = await openBench(AT_ONCE);
  const { provider } = await limited(bench, { firstOpenMs: 60_000, longestOpenMs: 60_000 });
  const part = { ...bench, deps: { ...bench.deps, provider } };
  const leaseId = await closedLease(bench);
  for (let n = 0; n < 20; n += 1) await appear(bench, { leaseId });
  await sweepOnce(part);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    times: 0,
    fault: { kind: 'status', status: 500 },
  });
  const { counts } = await sweepOnce(part);
  // The breaker opens at the fifth failure; up to three more calls are on their way then.
  expect(counts['delete_failed']).toBeGreaterThanOrEqual(5);
  expect(counts['delete_failed']).toBeLessThanOrEqual(8);
  expect(counts['held_back']).toBe(20 - (counts['delete_failed'] ?? 0));
  expect(await bench.sql(`SELECT FROM store WHERE state = 'deleting'`)).toHaveLength(20);
});

it('a store that was proven deleted and is listed still is deleted again, once the listing cannot lag any more', async () => {
  const bench = await openBench(AT_ONCE);
  await bench.control.setFault({ match: { operation: 'delete_store' }, fault: { kind: 'delete_noop' } });
  await closedLease(bench);
  expect(await sweepOnce(bench)).toMatchObject({ counts: { deleted: 0, listed_again: 0 } });
  const [storeId = ''] = await storeIds(bench);
  expect(await deletions(bench, storeId)).toBe(1);
  await bench.sql(`UPDATE store SET deleted_at = deleted_at - interval '2 min'`);
  expect(await sweepOnce(bench)).toMatchObject({ counts: { listed_again: 1, deleted: 1 } });
  expect(await storeIds(bench)).toEqual([]);
  expect(bench.metered).toContainEqual(['strayDeleted', 'listed_again']);
  expect(await bench.sql('SELECT state FROM store')).toEqual([{ state: 'deleted' }]);
});

it('deletes what the take-back of a closed lease left behind', async () => {
  const bench = await openBench(AT_ONCE);
  const leaseId = await closedLease(bench);
  const left = await appear(bench, { leaseId });
  await bench.sql(
    `INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state)
     SELECT provider, base_url, $1, account_id, lease_id, 'deleting' FROM store`,
    [left],
  );
  expect(await sweepOnce(bench)).toMatchObject({ counts: { deleted: 1 } });
  expect(await storeIds(bench)).toEqual([]);
  expect(bench.metered).toContainEqual(['strayDeleted', 'left_behind']);
});

it('leaves the stores of a draining lease to its drain', async () => {
  const bench = await openBench(AT_ONCE);
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    fault: { kind: 'status', status: 500 },
  });
  await bench.leases.release({ ...ask('abc'), force: false });
  await bench.keeper.deleteStore(await leaseOf(bench, 'abc'), CONTEXT);
  await sweepOnce(bench);
  expect(await listedKinds(bench)).toEqual({ [vectorStoreId]: 'deleting' });
  expect(await deletions(bench, vectorStoreId)).toBe(1);
});

it('a lease is remembered for as long as a listing shows its tag', async () => {
  const bench = await openBench();
  const leaseId = await closedLease(bench);
  const orphan = await appear(bench, { leaseId });
  await sweepOnce(bench);
  await bench.sql(`UPDATE lease SET closed_at = closed_at - interval '31 days'`);
  expect(await bench.keeper.pruneHistory()).toBe(0);
  await bench.control.vanish(orphan);
  await sweepOnce(bench);
  await sweepOnce(bench);
  expect(await bench.keeper.pruneHistory()).toBe(1);
});

it('another key: its listing proves the account, and then the orphans of the old key go too', async () => {
  const bench = await openBench(AT_ONCE);
  await bench.control.config({ share_accounts: true });
  const leaseId = await closedLease(bench);
  const orphan = await appear(bench, { leaseId });
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('lives'));
  const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
  await sweepOnce(newKey);
  await sweepOnce(newKey);
  expect(await storeIds(bench)).toEqual([vectorStoreId]);
  expect(await bench.sql('SELECT new_account_id FROM account_proof')).toEqual([
    { new_account_id: newKey.deps.accountId },
  ]);
  expect(await deletions(bench, orphan)).toBe(1);
});

it('another account: its listing says nothing of the leases of the old one', async () => {
  const bench = await openBench(AT_ONCE);
  await bench.leases.acquire(acquireOf('abc'));
  await bench.sql(`UPDATE store SET created_at = created_at - interval '6 min'`);
  const otherAccount = await bench.another({ apiKey: 'sk-test-other-key' });
  for (let times = 0; times < 3; times += 1) {
    expect(await sweepOnce(otherAccount)).toMatchObject({ valid: true, listed: 0, counts: { missing: 0 } });
  }
  expect((await bench.leases.get('abc')).state).toBe('active');
});

it("another account: what a client has registered or tracked by that account's key does not make it ours", async () => {
  const bench = await openBench(AT_ONCE);
  const apiKey = 'sk-test-other-key';
  const theirs = new OpenAI({ apiKey, baseURL: bench.simulator.baseUrl });
  const { id: registered } = await theirs.vectorStores.create({ name: 'theirs' });
  const { id: file } = await theirs.files.create({ file: new File(['x'], 'x.txt'), purpose: 'assistants' });
  await bench.leases.register({
    ...{ sessionId: 'theirs', vectorStoreId: registered },
    ...{ protect: false, requestId: 'test' },
  });
  await bench.leases.track({ ...ask('theirs'), fileIds: [file], filePaths: [] });
  const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
  await bench.sql(`UPDATE store SET created_at = created_at - interval '6 min'`);
  const otherAccount = await bench.another({ apiKey });
  await sweepOnce(otherAccount);
  await sweepOnce(otherAccount);
  expect((await bench.leases.get('abc')).state).toBe('active');
  await bench.leases.release({ ...ask('theirs'), force: false });
  const leaseId = await leaseOf(bench, 'theirs');
  await otherAccount.keeper.deleteFiles(leaseId, CONTEXT);
  expect(await otherAccount.keeper.deleteStore(leaseId, CONTEXT)).toMatchObject({ closed: true });
  expect(await bench.sql('SELECT FROM account_proof')).toEqual([]);
  expect(await storeIds(bench)).toEqual([vectorStoreId]);
});

it('stops deleting when its time is up, and the next sweep goes on', async () => {
  const bench = await openBench({ ...AT_ONCE, passBudgetMs: -1 });
  const orphan = await appear(bench, { leaseId: await closedLease(bench) });
  await sweepOnce(bench);
  await sweepOnce(bench);
  expect(await deletions(bench, orphan)).toBe(0);
  const patient = await bench.another({ settings: { passBudgetMs: 20_000 } });
  expect(await sweepOnce(patient)).toMatchObject({ counts: { deleted: 1 } });
});
