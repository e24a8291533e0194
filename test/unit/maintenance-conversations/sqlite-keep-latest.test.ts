import { expect, it } from 'vitest';
import { uuid6At } from './ages.ts';
import { cleanUp, hashOf, sqliteBench } from './kit.ts';
import { chat, configOf, daysAgo, load, put } from './savers.ts';

const KEEP = { settings: { strategy: 'keep_latest' } } as const;
const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row['checkpoint_id']);

it('leaves the latest of each namespace with its writes, and a thread that LangGraph loads as before', async () => {
  const { saver, database, rows } = await sqliteBench();
  const outer = await chat(saver, 'old', [daysAgo(30), daysAgo(20), daysAgo(8)]);
  const inner = await chat(saver, 'old', [daysAgo(29), daysAgo(28)], 'inner:1');
  const recent = await chat(saver, 'recent', [daysAgo(30), daysAgo(1)]);
  const [before, innerBefore] = [await load(saver, 'old'), await load(saver, 'old', 'inner:1')];

  const dry = await cleanUp(database, { ...KEEP, dryRun: true });
  const { result } = await cleanUp(database, KEEP);
  expect(result).toEqual({
    ...{ sessions_deleted: 0, checkpoints_deleted: 3, sessions_remaining: 2 },
    ...{ errors: [], dry_run: false },
  });
  expect(dry.result).toEqual({ ...result, dry_run: true });
  expect(ids(rows('SELECT checkpoint_id FROM checkpoints ORDER BY 1'))).toEqual(
    [outer.at(-1), inner.at(-1), ...recent].toSorted(),
  );
  expect(ids(rows('SELECT checkpoint_id FROM writes ORDER BY 1'))).toEqual(
    [outer.at(-1), inner.at(-1), ...recent].toSorted(),
  );
  expect(before?.hasParent).toBe(true);
  expect(await load(saver, 'old')).toEqual({ ...before, hasParent: false });
  expect(await load(saver, 'old', 'inner:1')).toEqual({ ...innerBefore, hasParent: false });

  const again = await cleanUp(database, KEEP);
  expect(again.result).toMatchObject({ checkpoints_deleted: 0, sessions_remaining: 2 });
});

it.each([
  [3, 2],
  [4, 1],
])('a checkpoint of format %s is left with %s in all, if its parent has sends', async (v, left) => {
  const { saver, database, rows } = await sqliteBench();
  const [first, second, third] = [uuid6At(daysAgo(30)), uuid6At(daysAgo(20)), uuid6At(daysAgo(10))];
  await put(saver, { threadId: 'old', id: first, v });
  await put(saver, { threadId: 'old', id: second, v, parentId: first });
  await saver.putWrites(configOf('old', '', second), [['__pregel_tasks', { node: 'n', args: 1 }]], 'task');
  await put(saver, { threadId: 'old', id: third, v, parentId: second });
  const before = await load(saver, 'old');
  const dry = await cleanUp(database, { ...KEEP, dryRun: true });
  const { result } = await cleanUp(database, KEEP);
  expect(result.checkpoints_deleted).toBe(3 - left);
  expect(dry.result.checkpoints_deleted).toBe(3 - left);
  expect(rows('SELECT count(*) AS n FROM checkpoints')).toEqual([{ n: left }]);
  expect((await load(saver, 'old'))?.values).toEqual(before?.values);
  expect(
    rows('SELECT parent_checkpoint_id AS parent FROM checkpoints ORDER BY checkpoint_id DESC')[0],
  ).toEqual({
    parent: left === 2 ? second : null,
  });
  expect((await cleanUp(database, KEEP)).result.checkpoints_deleted).toBe(0);
});

it.each([
  ['counters', { metadata: { counters_since_delta_snapshot: { messages: [1, 1] } } }],
  ['a marked start', { metadata: { delta_writes_versioned: true } }],
])('a thread with a DeltaChannel is left whole: %s', async (_what, mark) => {
  const { saver, database, rows } = await sqliteBench();
  await put(saver, { threadId: 'delta', id: uuid6At(daysAgo(30)), ...mark });
  await put(saver, { threadId: 'delta', id: uuid6At(daysAgo(20)) });
  await chat(saver, 'plain', [daysAgo(30), daysAgo(20)]);
  const { result, line } = await cleanUp(database, KEEP);
  expect(result).toMatchObject({
    checkpoints_deleted: 1,
    errors: ['1 threads use a DeltaChannel: keep_latest leaves them whole'],
  });
  expect(line('session_cleanup_analysis')).toMatchObject({
    delta_channel: { count: 1, threads: [hashOf('delta')] },
  });
  expect(rows(`SELECT count(*) AS n FROM checkpoints WHERE thread_id = 'delta'`)).toEqual([{ n: 2 }]);
  // Removing it whole breaks no chain.
  expect((await cleanUp(database)).result).toMatchObject({ sessions_deleted: 2, errors: [] });
});

it('a thread whose latest checkpoint holds a snapshot of a DeltaChannel is left whole', async () => {
  const { saver, database } = await sqliteBench();
  const snapshot = { lc: 2, type: 'delta_snapshot', value: ['a'] };
  await put(saver, { threadId: 'delta', id: uuid6At(daysAgo(30)) });
  await put(saver, {
    threadId: 'delta',
    id: uuid6At(daysAgo(20)),
    changed: { messages: { value: snapshot, version: 1 } },
  });
  expect((await cleanUp(database, KEEP)).result).toMatchObject({
    checkpoints_deleted: 0,
    errors: [expect.stringContaining('DeltaChannel')],
  });
});
