/** Threads that wake up while the job runs. */
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import type { ThreadAge } from '../../../domain/conversations.ts';
import { openSqliteStore } from '../../../maintenance/conversations/sqlite/store.ts';
import { until } from '../../support/until.ts';
import { uuid6At } from './ages.ts';
import { cleanUp, hashOf, sqliteBench, type SqliteBench } from './kit.ts';
import { chat, daysAgo, load, NOW_MS, put } from './savers.ts';

function openStore({ path }: SqliteBench, strategy: 'delete' | 'keep_latest' = 'delete') {
  const store = openSqliteStore(path, { strategy, cutMs: daysAgo(7), dryRun: false });
  onTestFinished(() => store.close());
  return store;
}

it.each(['delete', 'keep_latest'] as const)(
  '%s: a thread that woke up after the look is kept whole',
  async (strategy) => {
    const bench = await sqliteBench();
    const { saver, rows } = bench;
    const ids = await chat(saver, 'sleeper', [daysAgo(30), daysAgo(8)]);
    await chat(saver, 'dead', [daysAgo(30), daysAgo(8)]);
    const store = openStore(bench, strategy);
    const seen = (await store.nextThreads()) as readonly ThreadAge[];
    expect(seen.map((thread) => thread.threadId)).toEqual(['dead', 'sleeper']);

    const id = uuid6At(NOW_MS);
    const parentId = ids.at(-1) ?? '';
    await put(saver, { threadId: 'sleeper', id, parentId, unchanged: { topic: 1 } });
    const removed = await store.remove(seen);
    expect(removed).toMatchObject({ awake: ['sleeper'], checkpoints: strategy === 'delete' ? 2 : 1 });
    expect(rows(`SELECT count(*) AS n FROM checkpoints WHERE thread_id = 'sleeper'`)).toEqual([{ n: 3 }]);
    expect(rows(`SELECT count(*) AS n FROM writes WHERE thread_id = 'sleeper'`)).toEqual([{ n: 2 }]);
    expect((await load(saver, 'sleeper'))?.hasParent).toBe(true);
  },
);

it('a thread whose next step has saved its writes, but not yet its checkpoint, is awake', async () => {
  const bench = await sqliteBench();
  const { saver } = bench;
  await chat(saver, 'sleeper', [daysAgo(8)]);
  const config = {
    configurable: { thread_id: 'sleeper', checkpoint_ns: '', checkpoint_id: uuid6At(NOW_MS) },
  };
  await saver.putWrites(config, [['messages', 'early']], 'task');
  await chat(saver, 'dead', [daysAgo(9), daysAgo(8)]);
  const dry = await cleanUp(bench.database, { dryRun: true });
  const { result, line } = await cleanUp(bench.database);
  expect(dry.result).toEqual({ ...result, dry_run: true });
  expect(result).toMatchObject({ sessions_deleted: 1, checkpoints_deleted: 2, sessions_remaining: 1 });
  expect(line('session_cleanup_analysis')).toMatchObject({
    ...{ past_retention: 2, woke_up: { count: 1, threads: [hashOf('sleeper')] } },
  });
});

it('a chat that holds the database with a new checkpoint is waited for, and its thread kept', async () => {
  const bench = await sqliteBench();
  const { saver, path, database } = bench;
  await chat(saver, 'sleeper', [daysAgo(8)]);
  await chat(saver, 'dead', [daysAgo(8)]);
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const insert = other.prepare(`INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint, metadata)
    SELECT thread_id, ?, type, checkpoint, metadata FROM checkpoints WHERE thread_id = 'sleeper'`);
  insert.run(uuid6At(NOW_MS));
  const begunAt = performance.now();
  const running = cleanUp(database);
  await until(() => performance.now() - begunAt > 1_500, { describe: 'the job to stand before the lock' });
  expect(bench.rows('SELECT count(*) AS n FROM checkpoints')).toEqual([{ n: 2 }]);
  other.exec('COMMIT');
  expect((await running).result).toMatchObject({ sessions_deleted: 1, sessions_remaining: 1, errors: [] });
  expect(await load(saver, 'sleeper')).toBeDefined();
  expect(await load(saver, 'dead')).toBeUndefined();
});

it('a chat goes on unharmed while thousands are removed beside it', { timeout: 60_000 }, async () => {
  const { saver, database } = await sqliteBench();
  await saver.exec('BEGIN');
  for (let index = 0; index < 4_000; index += 1) await chat(saver, `old ${index}`, [daysAgo(9)]);
  await saver.exec('COMMIT');
  const running = { done: false };
  const cleaning = cleanUp(database).finally(() => {
    running.done = true;
  });
  let step = 0;
  do {
    const id = uuid6At(NOW_MS + step);
    await put(saver, {
      threadId: 'live',
      id,
      changed: { messages: { value: `step ${step}`, version: step } },
    });
    await saver.putWrites(
      { configurable: { thread_id: 'live', checkpoint_ns: '', checkpoint_id: id } },
      [['messages', 'w']],
      't',
    );
    expect(await load(saver, 'live')).toMatchObject({ id, values: { messages: `step ${step}` } });
    step += 1;
    await new Promise(setImmediate);
  } while (!running.done);
  expect((await cleaning).result).toMatchObject({ sessions_deleted: 4_000, errors: [] });
  expect(step).toBeGreaterThan(3);
});
