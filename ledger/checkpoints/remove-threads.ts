import type { Removed } from '../../domain/conversations.ts';
import type { Db } from '../open.ts';
import { removeBatch, type Batch } from './door.ts';
import { pastRetention } from './guard.ts';
import type { CheckpointConnection } from './open.ts';

const REMOVE = {
  name: 'remove-threads',
  text: `
WITH past AS MATERIALIZED (
  SELECT t.thread_id FROM unnest($1::text[]) AS t (thread_id) WHERE ${pastRetention('t.thread_id')}
), blobs AS (
  DELETE FROM checkpoint_blobs b USING past WHERE b.thread_id = past.thread_id
), writes AS (
  DELETE FROM checkpoint_writes w USING past WHERE w.thread_id = past.thread_id
), gone AS (
  DELETE FROM checkpoints c USING past WHERE c.thread_id = past.thread_id RETURNING c.thread_id
)
SELECT thread_id, count(*)::int AS checkpoints FROM gone GROUP BY thread_id`,
};

const COUNT = {
  name: 'count-removable',
  text: `
SELECT t.thread_id, (SELECT count(*)::int FROM checkpoints c WHERE c.thread_id = t.thread_id) AS checkpoints
FROM unnest($1::text[]) AS t (thread_id) WHERE ${pastRetention('t.thread_id')}`,
};

/** Rows of threads that were just deleted: whoever has some has written meanwhile. */
const LEFT = {
  name: 'left-of-threads',
  text: `
SELECT t.thread_id FROM unnest($1::text[]) AS t (thread_id)
WHERE EXISTS (SELECT FROM checkpoints c WHERE c.thread_id = t.thread_id)
  OR EXISTS (SELECT FROM checkpoint_writes w WHERE w.thread_id = t.thread_id)
  OR EXISTS (SELECT FROM checkpoint_blobs b WHERE b.thread_id = t.thread_id)`,
};

interface Gone {
  readonly thread_id: string;
  readonly checkpoints: number;
}

async function remove(db: Db, threadIds: readonly string[], cutMs: number): Promise<Batch<readonly Gone[]>> {
  const done = await db.rows<Gone>(REMOVE, [threadIds, cutMs]);
  const deleted = done.map((row) => row.thread_id);
  const awake = async (after: Db) =>
    (await after.rows<{ thread_id: string }>(LEFT, [deleted])).map((row) => row.thread_id);
  return { done, awake };
}

/** Removes those of the threads whole that are past retention: every row of theirs in all three tables. */
export async function removeThreads(
  connection: CheckpointConnection,
  threadIds: readonly string[],
  cutMs: number,
): Promise<Removed> {
  const { done = [] } = await removeBatch(connection, threadIds, (db, ids) => remove(db, ids, cutMs));
  return told(threadIds, done);
}

function told(threadIds: readonly string[], done: readonly Gone[]): Removed {
  const gone = new Set(done.map((row) => row.thread_id));
  return {
    threads: gone.size,
    checkpoints: done.reduce((sum, row) => sum + row.checkpoints, 0),
    awake: threadIds.filter((threadId) => !gone.has(threadId)),
    rebuilt: [],
  };
}

/** What {@link removeThreads} would do now. */
export async function countRemovable(db: Db, threadIds: readonly string[], cutMs: number): Promise<Removed> {
  return told(threadIds, await db.rows<Gone>(COUNT, [threadIds, cutMs]));
}
