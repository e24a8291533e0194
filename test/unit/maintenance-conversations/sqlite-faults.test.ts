import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../support/parts.ts';
import { PAGE } from '../../../maintenance/conversations/thread-store.ts';
import { cleanUp, sqliteBench } from './kit.ts';
import { chat, daysAgo, load } from './savers.ts';

const ZEROS = { sessions_deleted: 0, checkpoints_deleted: 0, sessions_remaining: 0, dry_run: false };
const at = (path: string) => ({ kind: 'sqlite', path }) as const;

function databaseWith(sql: string): string {
  const path = join(scratchDirectory('conversations'), 'memory.db');
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
}

const CHECKPOINTS =
  'CREATE TABLE checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)';

it.each(['memory.db', 'no/such/directory/memory.db', 'file.txt/memory.db'])(
  'a missing file is nothing to do: %s',
  async (name) => {
    const directory = scratchDirectory('conversations');
    writeFileSync(join(directory, 'file.txt'), '');
    const path = join(directory, name);
    const { result, logged } = await cleanUp(at(path));
    expect(result).toEqual({ ...ZEROS, errors: [] });
    expect(logged).toMatchObject([{ event: 'session_cleanup_skipped', reason: 'no such file' }]);
    expect(existsSync(path)).toBe(false);
  },
);

it.each([
  ['an empty database', '', 'no table checkpoints, writes'],
  ['no checkpoints', 'CREATE TABLE writes (thread_id)', 'no table checkpoints'],
  ['no checkpoints, but writes of somebody else', 'CREATE TABLE writes (a)', 'no table checkpoints'],
  ['no writes', CHECKPOINTS, 'no table writes'],
])('a missing table is nothing to do: %s', async (_what, sql, reason) => {
  const { result, logged } = await cleanUp(at(databaseWith(sql)));
  expect(result).toEqual({ ...ZEROS, errors: [] });
  expect(logged).toMatchObject([{ event: 'session_cleanup_skipped', reason }]);
});

it('unknown columns are an error, and nothing is deleted', async () => {
  const path = databaseWith(
    `CREATE TABLE checkpoints (thread_id, thread_ts, parent_ts, checkpoint, metadata);
     CREATE TABLE writes (thread_id, checkpoint_ns, checkpoint_id, channel);
     INSERT INTO checkpoints VALUES ('old', '1ef4f797-8335-6428-8001-8a1503f9b875', NULL, '{}', '{}')`,
  );
  const { result, logged } = await cleanUp(at(path));
  expect(result).toEqual({ ...ZEROS, errors: ['Unexpected checkpoints table schema'] });
  expect(logged).toMatchObject([
    {
      event: 'session_cleanup_failed',
      reason:
        'without checkpoints.checkpoint_ns, checkpoints.checkpoint_id, checkpoints.parent_checkpoint_id, checkpoints.type',
    },
  ]);
  const database = new DatabaseSync(path);
  expect(database.prepare('SELECT count(*) AS n FROM checkpoints').get()).toMatchObject({ n: 1 });
  database.close();
});

it('so they are where the other table is missing, too', async () => {
  const path = databaseWith('CREATE TABLE checkpoints (id, state, updated_at)');
  const { result, logged } = await cleanUp(at(path));
  expect(result).toEqual({ ...ZEROS, errors: ['Unexpected checkpoints table schema'] });
  expect(logged).toMatchObject([
    { event: 'session_cleanup_failed', reason: expect.stringContaining('checkpoints.thread_id') },
  ]);
});

it('columns that a later saver adds are no reason to stop', async () => {
  const { saver, database } = await sqliteBench();
  await saver.exec(
    'ALTER TABLE writes ADD COLUMN task_path TEXT; ALTER TABLE checkpoints ADD COLUMN extra TEXT',
  );
  await chat(saver, 'old', [daysAgo(9)]);
  expect((await cleanUp(database)).result).toMatchObject({ sessions_deleted: 1, errors: [] });
});

it.each([
  [
    'no database',
    (path: string) => writeFileSync(path, 'not a database at all, but long enough to be looked at'),
  ],
  ['a directory', (path: string) => mkdirSync(path)],
])('%s is a database error; what it is stands in the log only', async (_what, make) => {
  const path = join(scratchDirectory('conversations'), 'memory.db');
  make(path);
  const { result, logged } = await cleanUp(at(path));
  expect(result).toEqual({ ...ZEROS, errors: ['Database error'] });
  expect(logged).toMatchObject([
    { event: 'session_cleanup_failed', reason: expect.stringMatching(/database/) },
  ]);
});

it('a database that stays locked is an error after the busy time-out, and nothing is half done', async () => {
  const { path, saver, database } = await sqliteBench();
  await chat(saver, 'old', [daysAgo(9)]);
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const { result, logged } = await cleanUp(database);
  expect(result).toEqual({ ...ZEROS, errors: ['Database error'] });
  expect(logged).toMatchObject([{ event: 'session_cleanup_failed', reason: 'database is locked' }]);
  expect(await load(saver, 'old')).toBeDefined();
  other.exec('ROLLBACK');
  other.close();
  expect((await cleanUp(database)).result).toMatchObject({ sessions_deleted: 1, errors: [] });
});

it('stops when it is told to, between two batches; the next one finishes', { timeout: 60_000 }, async () => {
  const { saver, database } = await sqliteBench();
  for (let index = 0; index < 1_100; index += 1) await chat(saver, `old ${index}`, [daysAgo(9)]);
  const stop = new AbortController();
  const beats: number[] = [];
  const heartbeat = (progress: { sessions_deleted: number }) => {
    beats.push(progress.sessions_deleted);
    stop.abort(new Error('enough'));
  };
  await expect(cleanUp(database, { signal: stop.signal, heartbeat })).rejects.toThrow('enough');
  expect(beats[0]).toBe(PAGE);
  const { result } = await cleanUp(database);
  expect(result.sessions_deleted).toBe(1_100 - (beats.at(-1) ?? 0));
  expect(result.sessions_remaining).toBe(0);
  await expect(cleanUp(database, { signal: stop.signal })).rejects.toThrow('enough');
});
