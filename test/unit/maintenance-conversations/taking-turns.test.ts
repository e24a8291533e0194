/** What a run has removed is in its numbers, whatever ends it. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { cleanThreads } from '../../../maintenance/conversations/clean-threads.ts';
import { takingTurns } from '../../../maintenance/conversations/sqlite/taking-turns.ts';
import type { Removal, ThreadStore } from '../../../maintenance/conversations/thread-store.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { cleanUp, sqliteBench } from './kit.ts';
import { chat, daysAgo } from './savers.ts';

it('answers for each turn that was committed before one failed, and for no other', async () => {
  const database = new DatabaseSync(join(scratchDirectory('turns'), 'turns.db'));
  database.exec('CREATE TABLE item (id int); INSERT INTO item VALUES (1), (2), (3), (4)');
  const remove = database.prepare('DELETE FROM item WHERE id = ?');
  const wait = new Int32Array(new SharedArrayBuffer(4));
  const taken = await takingTurns(database, [1, 2, 3, 4], (id) => {
    remove.run(id);
    // Longer than a turn, but for the third item: the fourth spoils the turn of both.
    if (id < 3) Atomics.wait(wait, 0, 0, 60);
    if (id === 4) throw new Error('disk I/O error');
    return id;
  });
  expect(taken).toEqual({ answers: [1, 2], failure: new Error('disk I/O error') });
  expect(database.prepare('SELECT id FROM item').all()).toMatchObject([{ id: 3 }, { id: 4 }]);
  database.close();
});

it('tells of what was removed before the failure, and then of that', async () => {
  const failure = new Error('database is locked');
  const removal: Removal = { threads: 2, checkpoints: 5, awake: [], rebuilt: [], failure };
  const thread = { checkpoints: 1, namespaces: 1, undated: 0, newestMs: 0 };
  const store: Pick<ThreadStore, 'nextThreads' | 'remove'> = {
    nextThreads: () => Promise.resolve(['a', 'b', 'c'].map((threadId) => ({ threadId, ...thread }))),
    remove: () => Promise.resolve(removal),
  };
  const beats: unknown[] = [];
  const task = { cutMs: 1, strategy: 'delete', keep: [], dryRun: false } as const;
  const progress = { sessions_deleted: 10, checkpoints_deleted: 20 };
  const side = { throwIfStopped: () => undefined, heartbeat: (beat: unknown) => void beats.push(beat) };
  const running = cleanThreads(store as ThreadStore, { ...task, progress }, side);
  await expect(running).rejects.toBe(failure);
  expect(beats).toEqual([{ sessions_deleted: 12, checkpoints_deleted: 25 }]);
});

it.each([
  [true, 1],
  [false, 31],
])('goes on with the numbers of an earlier attempt, but a dry one (%s): %i', async (dryRun, total) => {
  const { saver, database } = await sqliteBench();
  await chat(saver, 'old', [daysAgo(9)]);
  const progress = { sessions_deleted: 30, checkpoints_deleted: 300 };
  const { result } = await cleanUp(database, { dryRun, progress });
  expect(result).toMatchObject({ sessions_deleted: total, sessions_remaining: 0, dry_run: dryRun });
});
