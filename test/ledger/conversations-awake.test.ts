/** Threads that wake up while the job runs, and chats that go on beside it. */
import { describe, expect, it } from 'vitest';
import { openCheckpoints, pruneThreads, removeThreads } from '../../ledger/checkpoints/index.ts';
import { uuid6At } from '../unit/maintenance-conversations/ages.ts';
import { cleanUp } from '../unit/maintenance-conversations/kit.ts';
import { chat, configOf, daysAgo, load, NOW_MS, put } from '../unit/maintenance-conversations/savers.ts';
import { until } from '../support/until.ts';
import { onTestFinished } from 'vitest';
import { postgresBench, rowsOfThread, type PostgresBench } from './conversations-kit.ts';
import { openClient } from './two-sides.ts';

const CUT = daysAgo(7);

function connectionOf({ url }: PostgresBench) {
  const connection = openCheckpoints(url);
  onTestFinished(() => connection.close());
  return connection;
}

/** Until one of our connections waits for a lock. */
async function untilWaiting({ rows }: PostgresBench): Promise<void> {
  await until(
    async () =>
      (
        await rows(`SELECT FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'loiter-killer-conversations' AND wait_event_type = 'Lock'`)
      ).length > 0,
    { describe: 'the job to wait for the chat', everyMs: 5 },
  );
}

const NEW_CHECKPOINT = `INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint, metadata)
  VALUES ('sleeper', $1, '{"v": 4, "channel_versions": {"topic": 1}}', '{}')`;
const NEW_WRITE = `INSERT INTO checkpoint_writes (thread_id, checkpoint_id, task_id, idx, channel, blob)
  VALUES ('sleeper', $1, 'task', 7, '__resume__', '')`;
const NEW_BLOB = `INSERT INTO checkpoint_blobs (thread_id, channel, version, type, blob)
  VALUES ('sleeper', 'messages', $1, 'json', '')`;

describe.each([
  ['delete', removeThreads, 2],
  ['keep_latest', pruneThreads, 1],
] as const)('%s', (_strategy, remove, ofDead) => {
  it('a thread that has woken up since the look is kept whole', async () => {
    const bench = await postgresBench();
    const { saver } = bench;
    await chat(saver, 'sleeper', [daysAgo(30), daysAgo(8)]);
    await chat(saver, 'dead', [daysAgo(30), daysAgo(8)]);
    await put(saver, { threadId: 'sleeper', id: uuid6At(NOW_MS), unchanged: { topic: 1 } });
    const removed = await remove(connectionOf(bench), ['dead', 'sleeper', 'unknown'], CUT);
    expect(removed).toMatchObject({ checkpoints: ofDead, awake: ['sleeper', 'unknown'] });
    expect(await rowsOfThread(bench, 'sleeper')).toEqual({ checkpoints: 3, writes: 2, blobs: 3 });
  });

  it('a checkpoint that is written, but not committed when the job deletes, keeps the thread whole', async () => {
    const bench = await postgresBench();
    await chat(bench.saver, 'sleeper', [daysAgo(30), daysAgo(8)]);
    await chat(bench.saver, 'dead', [daysAgo(30), daysAgo(8)]);
    const other = await openClient(bench.url, 'chat');
    await other.query('BEGIN');
    await other.query(NEW_CHECKPOINT, [uuid6At(NOW_MS)]);
    const removing = remove(connectionOf(bench), ['dead', 'sleeper'], CUT);
    await untilWaiting(bench);
    await other.query('COMMIT');
    expect(await removing).toMatchObject({ checkpoints: ofDead, awake: ['sleeper'] });
    expect(await rowsOfThread(bench, 'sleeper')).toEqual({ checkpoints: 3, writes: 2, blobs: 3 });
    expect((await rowsOfThread(bench, 'dead')).checkpoints).toBe(2 - ofDead);
  });

  it('what the other side takes back keeps nothing', async () => {
    const bench = await postgresBench();
    await chat(bench.saver, 'sleeper', [daysAgo(30), daysAgo(8)]);
    const other = await openClient(bench.url, 'chat');
    await other.query('BEGIN');
    await other.query(NEW_CHECKPOINT, [uuid6At(NOW_MS)]);
    const removing = remove(connectionOf(bench), ['sleeper'], CUT);
    await untilWaiting(bench);
    await other.query('ROLLBACK');
    expect(await removing).toMatchObject({ checkpoints: ofDead, awake: [] });
  });
});

it.each([
  ['a write for the old checkpoint: an interrupted run goes on', NEW_WRITE, { writes: 3, blobs: 3 }],
  ['a blob, whose checkpoint is about to follow', NEW_BLOB, { writes: 2, blobs: 4 }],
])('delete: %s keeps the thread whole', async (_what, sql, left) => {
  const bench = await postgresBench();
  const [, latest] = await chat(bench.saver, 'sleeper', [daysAgo(30), daysAgo(8)]);
  const other = await openClient(bench.url, 'chat');
  await other.query('BEGIN');
  await other.query(sql, [latest]);
  const removing = removeThreads(connectionOf(bench), ['sleeper'], CUT);
  await untilWaiting(bench);
  await other.query('COMMIT');
  expect(await removing).toMatchObject({ threads: 0, checkpoints: 0, awake: ['sleeper'] });
  expect(await rowsOfThread(bench, 'sleeper')).toEqual({ checkpoints: 2, ...left });
});

it('a thread whose next step has saved its writes, but not yet its checkpoint, is awake', async () => {
  const bench = await postgresBench();
  await chat(bench.saver, 'sleeper', [daysAgo(8)]);
  await bench.saver.putWrites(configOf('sleeper', '', uuid6At(NOW_MS)), [['messages', 'early']], 'task');
  await chat(bench.saver, 'dead', [daysAgo(9), daysAgo(8)]);
  const dry = await cleanUp(bench.database, { dryRun: true });
  expect(dry.result).toMatchObject({ sessions_deleted: 1, checkpoints_deleted: 2, sessions_remaining: 1 });
  expect(await removeThreads(connectionOf(bench), ['sleeper'], CUT)).toMatchObject({ awake: ['sleeper'] });
  expect((await cleanUp(bench.database)).result).toEqual({ ...dry.result, dry_run: false });
});

it('a chat that holds its transaction open for long is no reason to wait for ever: an error, nothing half done', async () => {
  const bench = await postgresBench();
  await chat(bench.saver, 'old', [daysAgo(8)]);
  await chat(bench.saver, 'sleeper', [daysAgo(8)]);
  const other = await openClient(bench.url, 'chat');
  await other.query('BEGIN');
  await other.query(NEW_CHECKPOINT, [uuid6At(NOW_MS)]);
  const { result, line } = await cleanUp(bench.database);
  expect(result).toMatchObject({ sessions_deleted: 0, errors: ['Database error'] });
  expect(line('session_cleanup_failed')).toMatchObject({ reason: 'canceling statement due to lock timeout' });
  expect(await rowsOfThread(bench, 'old')).toEqual({ checkpoints: 1, writes: 1, blobs: 2 });
  await other.query('COMMIT');
  expect((await cleanUp(bench.database)).result).toMatchObject({ sessions_deleted: 1, errors: [] });
});

it('two runs at once remove each thread once', async () => {
  const bench = await postgresBench();
  const { rows, database } = bench;
  await rows(
    `INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint) SELECT 'old ' || i, $1, '{}' FROM generate_series(1, 1000) i`,
    [uuid6At(daysAgo(9))],
  );
  const runs = await Promise.all([cleanUp(database), cleanUp(database)]);
  expect(runs.flatMap(({ result }) => result.errors)).toEqual([]);
  expect(runs.reduce((sum, { result }) => sum + result.sessions_deleted, 0)).toBe(1_000);
  expect(await rows('SELECT FROM checkpoints')).toEqual([]);
});

it('chats go on unharmed while thousands of threads are removed beside them', async () => {
  const bench = await postgresBench();
  const { saver, rows, database } = bench;
  const id = uuid6At(daysAgo(9));
  await rows(
    `INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint) SELECT 'old ' || i, $1, '{}' FROM generate_series(1, 10000) i`,
    [id],
  );
  await rows(
    `INSERT INTO checkpoint_blobs SELECT 'old ' || i, '', 'c', '1', 'json', '' FROM generate_series(1, 10000) i`,
  );
  const running = { done: false };
  const cleaning = cleanUp(database).finally(() => {
    running.done = true;
  });
  let steps = 0;
  const talk = async (threadId: string) => {
    for (let step = 1; !running.done; step += 1) {
      const config = await put(saver, {
        ...{ threadId, id: uuid6At(NOW_MS + step) },
        changed: { messages: { value: `step ${step}`, version: step } },
      });
      await saver.putWrites(config, [['messages', 'w']], 't');
      expect(await load(saver, threadId)).toMatchObject({ values: { messages: `step ${step}` } });
      steps += 1;
    }
  };
  await Promise.all(['one', 'two', 'three'].map(talk));
  expect((await cleaning).result).toMatchObject({ sessions_deleted: 10_000, errors: [] });
  expect(steps).toBeGreaterThan(10);
  expect((await rowsOfThread(bench, 'one')).checkpoints).toBeGreaterThan(1);
});
