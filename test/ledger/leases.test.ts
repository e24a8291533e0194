import { expect, it } from 'vitest';
import { acquireOf, ask, CONTEXT, openBench, trackOf } from './kit.ts';

it('the life of a lease: acquired, tracked, renewed, re-acquired, released, drained, closed', async () => {
  const bench = await openBench();
  const { leases, keeper } = bench;
  const first = await leases.acquire(acquireOf('abc'));
  expect(first).toMatchObject({ reused: false, files: [], filePaths: [], secondsLeft: 599 });
  expect(
    await leases.track(trackOf('abc', ['file-1', 'file-1', 'not a file id'], ['/a', '/b'])),
  ).toMatchObject({
    tracked: 4,
    leaseId: first.leaseId,
    secondsLeft: 600,
  });
  expect(await leases.track(trackOf('abc', ['file-1'], ['/b']))).toMatchObject({ tracked: 0 });
  expect(await leases.renew(ask('abc'))).toMatchObject({ leaseId: first.leaseId, secondsLeft: 600 });
  expect(await leases.acquire(acquireOf('abc'))).toMatchObject({
    reused: true,
    vectorStoreId: first.vectorStoreId,
    files: ['file-1', 'not a file id'],
    filePaths: ['/a', '/b'],
  });
  await leases.release({ ...ask('abc'), force: false });
  await leases.release({ ...ask('abc'), force: false });
  const view = await keeper.reconcile('abc', bench.deps.settings.instanceId);
  expect(view.live).toBeNull();
  expect(view.draining).toMatchObject([{ leaseId: first.leaseId, hasFiles: true, waitMs: 0, stuck: false }]);
  expect(await keeper.deleteFiles(first.leaseId, CONTEXT)).toMatchObject({ closed: false });
  await bench.sql(`UPDATE file SET not_found_at = clock_timestamp() - interval '2 min'`);
  expect(await keeper.deleteFiles(first.leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
  expect(await keeper.deleteStore(first.leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
  expect((await bench.control.state()).stores).toEqual([]);
  expect(await leases.get('abc')).toMatchObject({
    state: 'closed',
    endReason: 'released',
    deletedFiles: ['file-1'],
    keptFiles: [],
  });
  const page = await leases.list({ state: 'closed', stuck: false, abandoned: null, cursor: null, limit: 1 });
  expect(page.leases).toHaveLength(1);
});
