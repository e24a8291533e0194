import type { Db } from '../open.ts';
import { CheckpointDatabaseError, type CheckpointConnection } from './open.ts';

/** Any constant will do, as long as it is ours alone. */
const RUN_LOCK = 5_183_926_448;
/** How long chats may be kept waiting while we wait for one of them, try by try. */
const DOOR_WAITS_MS = [200, 400, 800];
/** Longer than the second after which PostgreSQL ends an autovacuum that stands in somebody's way. */
const LAST_WAIT_MS = 1_600;
/** SQLSTATEs of a lock that was not to be had in time. */
const LOCKED_OUT = new Set(['55P03', '40P01']);

const ALONE = { name: 'one-cleanup-at-a-time', text: 'SELECT pg_advisory_xact_lock($1)' };

/**
 * In the order in which the savers write, so that nobody waits for us while we wait for him. What a chat has written
 * and not committed is waited for; what it wants to write waits for our commit, which follows at once.
 */
const SHUT = {
  name: 'shut-the-door',
  text: 'LOCK TABLE checkpoint_blobs, checkpoints, checkpoint_writes IN SHARE ROW EXCLUSIVE MODE',
};
const WAIT = { name: 'wait-at-the-door', text: `SELECT set_config('lock_timeout', $1, true)` };

/** What a batch did, and who came in meanwhile. */
export interface Batch<T> {
  readonly done: T;
  /** Threads that show life once nobody can write any more. */
  readonly awake: (db: Db) => Promise<readonly string[]>;
}

class SomebodyAwake extends Error {
  readonly threadIds: readonly string[];
  constructor(threadIds: readonly string[]) {
    super('threads woke up');
    this.threadIds = threadIds;
  }
}

async function behindTheDoor<T>(
  connection: CheckpointConnection,
  work: (db: Db) => Promise<Batch<T>>,
  waitMs: number,
): Promise<T> {
  return connection.transaction(async (db) => {
    await db.rows(ALONE, [RUN_LOCK]);
    const { done, awake } = await work(db);
    await db.rows(WAIT, [String(waitMs)]);
    await db.rows(SHUT, []);
    const threadIds = await awake(db);
    if (threadIds.length > 0) throw new SomebodyAwake(threadIds);
    return done;
  });
}

async function patiently<T>(work: (waitMs: number) => Promise<T>): Promise<T> {
  for (const waitMs of DOOR_WAITS_MS) {
    try {
      return await work(waitMs);
    } catch (error) {
      if (!(error instanceof CheckpointDatabaseError) || !LOCKED_OUT.has(error.code ?? '')) throw error;
    }
  }
  return work(LAST_WAIT_MS);
}

/**
 * Removes a batch of threads in a transaction of its own. A thread that shows life before the commit, even by what was
 * written and not yet committed when the deleting statement ran, is kept: the batch is done anew without it.
 *
 * PostgreSQL knows no lock for rows that do not exist yet. So the statement deletes first, beside the chats; then the
 * tables are locked against writers for as long as it takes to look once more and to commit.
 *
 * @returns what `work` did at last, and the threads that woke up.
 */
export async function removeBatch<T>(
  connection: CheckpointConnection,
  threadIds: readonly string[],
  work: (db: Db, threadIds: readonly string[]) => Promise<Batch<T>>,
): Promise<{ readonly done: T | undefined; readonly awake: readonly string[] }> {
  const awake = new Set<string>();
  for (;;) {
    const left = threadIds.filter((threadId) => !awake.has(threadId));
    if (left.length === 0) return { done: undefined, awake: [...awake] };
    try {
      const done = await patiently((waitMs) => behindTheDoor(connection, (db) => work(db, left), waitMs));
      return { done, awake: [...awake] };
    } catch (error) {
      if (!(error instanceof SomebodyAwake)) throw error;
      for (const threadId of error.threadIds) awake.add(threadId);
    }
  }
}
