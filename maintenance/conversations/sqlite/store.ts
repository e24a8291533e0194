import { setTimeout as pause } from 'node:timers/promises';
import type { ConversationStrategy, Removed, ThreadAge } from '../../../domain/conversations.ts';
import { PAGE, type ThreadStore } from '../thread-store.ts';
import { openExisting } from '../../sqlite/open.ts';
import { defineAge, hurryCommits } from './age.ts';
import { sqlitePage, type KeyedThread } from './pages.ts';
import { countPrunable, pruneThread } from './prune.ts';
import { countRemovable, removeThread, type ThreadFate } from './remove.ts';
import { sqliteShape } from './shape.ts';
import { takingTurns } from './taking-turns.ts';
import { vacuumStep } from './vacuum.ts';

/** Between two steps of giving room back, for those who wait to write. */
const VACUUM_PAUSE_MS = 20;

/** As much of the task as the store needs. */
export interface SqliteTask {
  readonly strategy: ConversationStrategy;
  readonly cutMs: number;
  readonly dryRun: boolean;
}

function sum(threads: readonly ThreadAge[], fates: readonly ThreadFate[]): Removed {
  const those = (kind: ThreadFate['kind']) =>
    threads.filter((_thread, index) => fates[index]?.kind === kind).map(({ threadId }) => threadId);
  const counts = fates.map((fate) => ('checkpoints' in fate ? fate.checkpoints : 0));
  return {
    threads: those('removed').length,
    checkpoints: counts.reduce((total, one) => total + one, 0),
    awake: those('awake'),
    rebuilt: those('rebuilt'),
  };
}

/** The savers' SQLite database. All calls are synchronous underneath: for a thread of its own. */
export function openSqliteStore(path: string, { strategy, cutMs, dryRun }: SqliteTask): ThreadStore {
  const database = openExisting(path);
  // Not opened for reading only: that would leave the files of a write-ahead log behind, and they would be ours.
  if (dryRun) database.exec('PRAGMA query_only = ON');
  defineAge(database);
  hurryCommits(database);
  let page: readonly KeyedThread[] = [];
  const keyed = (threads: readonly ThreadAge[]) => {
    const wanted = new Set(threads.map(({ threadId }) => threadId));
    return page.filter((thread) => wanted.has(thread.threadId));
  };
  return {
    shape: () => Promise.resolve(sqliteShape(database)),
    nextThreads: () => {
      page = sqlitePage(database, page.at(-1)?.key, PAGE);
      return Promise.resolve(page);
    },
    remove: async (seen) => {
      const work = strategy === 'delete' ? removeThread : pruneThread;
      const threads = keyed(seen);
      const { answers, failure } = await takingTurns(database, threads, ({ key }) =>
        work(database, key, cutMs),
      );
      const removed = sum(threads.slice(0, answers.length), answers);
      return failure === undefined ? removed : { ...removed, failure };
    },
    preview: (seen) => {
      const count = strategy === 'delete' ? countRemovable : countPrunable;
      const threads = keyed(seen);
      const fates = threads.map(({ key }) => count(database, key, cutMs));
      return Promise.resolve(sum(threads, fates));
    },
    tidy: async () => {
      while (vacuumStep(database)) await pause(VACUUM_PAUSE_MS);
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}
