/** Files that were only attached to a lease's store: which are deleted with it, and which are kept, and why. */
import { describe, expect, it } from 'vitest';
import { acquireOf, trackOf } from './kit.ts';
import { DONE, openClient, pass } from './attached-kit.ts';

describe('attached and held by nobody', () => {
  it('are deleted after the store, and shown as deleted, not as tracked', async () => {
    const client = await openClient();
    const { bench } = client;
    const { leaseId, ids } = await client.lease('abc', 3);
    await bench.leases.track(trackOf('abc', [], ['/some/path']));
    await client.release('abc');
    expect(await pass(bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
    const shown = await bench.leases.get('abc');
    expect(shown).toMatchObject({ state: 'closed', files: [], filePaths: ['/some/path'], keptFiles: [] });
    expect(shown.deletedFiles.toSorted()).toEqual(ids.toSorted());
    const effects = (await bench.control.journal()).filter((entry) => entry.effect === 'deleted');
    expect(effects.map((entry) => entry.operation)).toEqual([
      'delete_store',
      ...Array<string>(3).fill('delete_file'),
    ]);
    expect(bench.logged.filter((line) => line.event === 'attached_files_settled')).toMatchObject([
      { kept: 0, to_delete: 3 },
    ]);
  });

  it('those that are tracked as well go the way of tracked ones', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 3);
    await client.bench.leases.track(trackOf('abc', ids.slice(0, 1)));
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
    expect(await client.bench.leases.get('abc')).toMatchObject({ files: ids.slice(0, 1), keptFiles: [] });
  });

  it('a tracked one whose deletion fails is no case of its own', async () => {
    const client = await openClient();
    const { bench } = client;
    const { leaseId, ids } = await client.lease('abc', 2);
    const [tracked = '', other = ''] = ids;
    await bench.leases.track(trackOf('abc', [tracked]));
    await client.release('abc');
    const match = { operation: 'delete_file', id: tracked } as const;
    await bench.control.setFault({ match, times: 0, fault: { kind: 'status', status: 500 } });
    expect(await pass(bench, leaseId)).toMatchObject({ closed: false });
    expect(await bench.sql('SELECT file_id, state FROM attached_file')).toEqual([
      { file_id: other, state: 'doomed' },
    ]);
    await bench.control.clearFaults();
    expect(await pass(bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('none: two looks at the own store, none at others', async () => {
    const client = await openClient();
    await client.lease('other', 2);
    const { leaseId } = await client.lease('abc', 0);
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.count('list_store_files')).toBe(2);
    expect(await client.count('list_stores')).toBe(0);
    expect(await client.fileIds()).toHaveLength(2);
  });

  it('DELETE_ATTACHED_FILES=tracked: never, and no look either', async () => {
    const client = await openClient({ deleteAttachedFiles: 'tracked' });
    const { leaseId, ids } = await client.lease('abc', 2);
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual(ids);
    expect(await client.count('list_store_files')).toBe(0);
  });

  it('DELETE_ATTACHED_FILES=tracked, set meanwhile: what was found is kept', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.release('abc');
    const match = { operation: 'list_stores' } as const;
    await client.bench.control.setFault({ match, fault: { kind: 'status', status: 500 } });
    expect(await pass(client.bench, leaseId)).toMatchObject({ closed: false });
    const changed = await client.bench.another({ settings: { deleteAttachedFiles: 'tracked' } });
    expect(await pass(changed, leaseId)).toEqual(DONE);
    expect(await client.kept('abc')).toEqual({ [ids[0] ?? '']: 'setting' });
    expect(await client.fileIds()).toEqual(ids);
  });

  it('in a registered store: never', async () => {
    const client = await openClient();
    const { id: vectorStoreId } = await client.sdk.vectorStores.create({ name: 'foreign' });
    const ids = await client.upload(1);
    await client.attach(vectorStoreId, ids);
    const wish = { sessionId: 'abc', vectorStoreId, protect: false, requestId: 'test' };
    await client.bench.leases.register(wish);
    const { leaseId } = await client.bench.leases.get('abc');
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual(ids);
    expect((await client.bench.control.state()).stores).toEqual([]);
  });
});

describe('kept with a reason', () => {
  it('older than the lease, by the clock that dates both', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 2);
    const [old = ''] = ids;
    await client.bench.control.age(old, 5);
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([old]);
    expect(await client.kept('abc')).toEqual({ [old]: 'created_before_lease' });
  });

  it('all of them too old: no look through other stores', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.bench.control.age(ids[0] ?? '', 5);
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.count('list_stores')).toBe(0);
  });

  it('created long after its end', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.release('abc');
    await client.bench.control.age(ids[0] ?? '', -100);
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.kept('abc')).toEqual({ [ids[0] ?? '']: 'created_after_lease' });
  });

  it('attached to another store too, whosever it is', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 3);
    const [shared = '', foreign = ''] = ids;
    await client.lease('other', 0);
    const other = await client.bench.leases.get('other');
    await client.attach(other.vectorStoreId ?? '', [shared]);
    const { id: foreignStore } = await client.sdk.vectorStores.create({ name: 'foreign' });
    await client.attach(foreignStore, [foreign]);
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([shared, foreign]);
    expect(await client.kept('abc')).toEqual({
      [shared]: 'attached_elsewhere',
      [foreign]: 'attached_elsewhere',
    });
    // What was kept for another lease's store goes with that, if it is from its time.
    await client.bench.control.age(other.vectorStoreId ?? '', 5);
    await client.release('other');
    expect(await pass(client.bench, other.leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([foreign]);
  });

  it('tracked by another live lease; what nobody live tracks goes', async () => {
    const client = await openClient();
    const { bench } = client;
    await bench.leases.acquire(acquireOf('other'));
    const { leaseId, ids } = await client.lease('abc', 2);
    const [held = ''] = ids;
    await bench.leases.track(trackOf('other', [held]));
    await client.release('abc');
    expect(await pass(bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([held]);
    expect(await client.kept('abc')).toEqual({ [held]: 'held_by_another_lease' });
    await client.release('other');
    expect(await pass(bench, (await bench.leases.get('other')).leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('what an operator gave up with its lease stays listed', async () => {
    const client = await openClient();
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.release('abc');
    await client.bench.control.setFault({
      match: { operation: 'delete_store' },
      fault: { kind: 'status', status: 403 },
    });
    expect(await pass(client.bench, leaseId)).toMatchObject({ closed: false });
    await client.bench.sql(`UPDATE lease SET state = 'closed', closed_at = clock_timestamp()`);
    expect(await client.kept('abc')).toEqual({ [ids[0] ?? '']: 'abandoned' });
  });
});

describe('more than one', () => {
  it('page of a store: in the ledger as they come', async () => {
    const client = await openClient();
    const { leaseId } = await client.lease('abc', 205);
    await client.release('abc');
    await client.bench.control.setFault({
      match: { operation: 'list_store_files' },
      skip: 2,
      fault: { kind: 'status', status: 500 },
    });
    expect(await pass(client.bench, leaseId)).toMatchObject({ closed: false });
    expect(await client.bench.sql('SELECT FROM attached_file')).toHaveLength(200);
    // The rest, then a whole listing, which agrees.
    const before = await client.count('list_store_files');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
    const after = await client.bench.control.journal();
    const own = after.filter((entry) => entry.operation === 'list_store_files').slice(before);
    expect(own.filter((entry) => !entry.query.includes('after='))).toHaveLength(1);
  });

  it('lease: one look through all stores serves those whose stores were gone before', async () => {
    const client = await openClient();
    const leases = [await client.lease('a', 1), await client.lease('b', 1), await client.lease('c', 1)];
    for (const session of ['a', 'b', 'c']) await client.release(session);
    await client.bench.control.setFault({
      match: { operation: 'list_stores' },
      fault: { kind: 'hold', name: 'look' },
    });
    const [a = '', ...rest] = leases.map((lease) => lease.leaseId);
    const first = pass(client.bench, a);
    await client.bench.control.waitForHeld('look');
    // Their stores go while the look is under way: it proves nothing for them, and they wait for the next.
    for (const leaseId of rest)
      expect(await pass(client.bench, leaseId)).toEqual({ closed: false, waitMs: 5_000 });
    await client.bench.control.release('look');
    expect(await first).toEqual(DONE);
    expect(await pass(client.bench, rest[0] ?? '')).toEqual(DONE);
    expect(await client.count('list_stores')).toBe(2);
    expect(await pass(client.bench, rest[1] ?? '')).toEqual(DONE);
    expect(await client.count('list_stores')).toBe(2);
    expect(await client.fileIds()).toEqual([]);
  });
});
