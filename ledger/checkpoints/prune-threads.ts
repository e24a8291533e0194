import type { Removed } from '../../domain/conversations.ts';
import type { Db } from '../open.ts';
import { removeBatch, type Batch } from './door.ts';
import { pastRetention, usesDelta } from './guard.ts';
import type { CheckpointConnection } from './open.ts';

/** The channel of what a checkpoint has sent to its next step. */
const SENDS = '__pregel_tasks';
/** Before this format a checkpoint read its sends from its parent's writes, which therefore stays. */
const SENDS_INSIDE = 4;

const JUDGE = {
  name: 'judge-threads',
  text: `
SELECT t.thread_id, (${pastRetention('t.thread_id')}) AS past, (${usesDelta('t.thread_id')}) AS delta
FROM unnest($1::text[]) AS t (thread_id)`,
};

/**
 * One row for each namespace of the threads past retention: the checkpoint that LangGraph loads, found as LangGraph
 * finds it, the parent that has to stay with it, and the versions of the blobs that each refers to.
 */
const HEADS = `
WITH past AS MATERIALIZED (
  SELECT t.thread_id FROM unnest($1::text[]) AS t (thread_id) WHERE ${pastRetention('t.thread_id')}
), head AS MATERIALIZED (
  SELECT n.thread_id, n.checkpoint_ns, l.checkpoint_id, l.versions, p.checkpoint_id AS parent_id,
    p.versions AS parent_versions
  FROM (SELECT DISTINCT c.thread_id, c.checkpoint_ns FROM checkpoints c JOIN past USING (thread_id)) n
  CROSS JOIN LATERAL (
    SELECT c.checkpoint_id, c.checkpoint -> 'channel_versions' AS versions, c.checkpoint -> 'v' AS v,
      c.parent_checkpoint_id
    FROM checkpoints c WHERE c.thread_id = n.thread_id AND c.checkpoint_ns = n.checkpoint_ns
    ORDER BY c.checkpoint_id DESC LIMIT 1
  ) l
  LEFT JOIN LATERAL (
    SELECT c.checkpoint_id, c.checkpoint -> 'channel_versions' AS versions FROM checkpoints c
    WHERE c.thread_id = n.thread_id AND c.checkpoint_ns = n.checkpoint_ns
      AND c.checkpoint_id = l.parent_checkpoint_id AND l.v < '${SENDS_INSIDE}'::jsonb
      AND EXISTS (SELECT FROM checkpoint_writes w WHERE w.thread_id = n.thread_id
        AND w.checkpoint_ns = n.checkpoint_ns AND w.checkpoint_id = c.checkpoint_id AND w.channel = '${SENDS}')
  ) p ON true
)`;
const OF_HEAD = (row: string) =>
  `${row}.thread_id = head.thread_id AND ${row}.checkpoint_ns = head.checkpoint_ns`;
const UNKEPT = (row: string) => `${OF_HEAD(row)}
    AND ${row}.checkpoint_id <> head.checkpoint_id AND ${row}.checkpoint_id IS DISTINCT FROM head.parent_id`;

/** What is kept loses the pointer to a parent that is not. */
const PRUNE = {
  name: 'prune-threads',
  text: `${HEADS}, blobs AS (
  DELETE FROM checkpoint_blobs b USING head WHERE ${OF_HEAD('b')}
    AND (head.versions ->> b.channel) IS DISTINCT FROM b.version
    AND (head.parent_versions ->> b.channel) IS DISTINCT FROM b.version
), writes AS (
  DELETE FROM checkpoint_writes w USING head WHERE ${UNKEPT('w')}
), kept AS (
  UPDATE checkpoints c SET parent_checkpoint_id = NULL FROM head WHERE ${OF_HEAD('c')}
    AND (c.checkpoint_id = head.checkpoint_id OR c.checkpoint_id = head.parent_id)
    AND c.parent_checkpoint_id IS DISTINCT FROM head.parent_id AND c.parent_checkpoint_id IS NOT NULL
), gone AS (
  DELETE FROM checkpoints c USING head WHERE ${UNKEPT('c')} RETURNING c.checkpoint_id
)
SELECT count(*)::int AS checkpoints FROM gone`,
};
const COUNT = {
  name: 'count-prunable',
  text: `${HEADS} SELECT count(*)::int AS checkpoints FROM checkpoints c JOIN head ON ${UNKEPT('c')}`,
};

interface Judged {
  readonly thread_id: string;
  readonly past: boolean;
  readonly delta: boolean;
}
interface Sorted {
  readonly prunable: readonly string[];
  readonly awake: readonly string[];
  readonly rebuilt: readonly string[];
}
type Pruned = Sorted & { readonly checkpoints: number };

async function sort(db: Db, threadIds: readonly string[], cutMs: number): Promise<Sorted> {
  const judged = await db.rows<Judged>(JUDGE, [threadIds, cutMs]);
  const those = (which: (row: Judged) => boolean) => judged.filter(which).map((row) => row.thread_id);
  return {
    prunable: those((row) => row.past && !row.delta),
    awake: those((row) => !row.past),
    rebuilt: those((row) => row.past && row.delta),
  };
}

async function prune(db: Db, threadIds: readonly string[], cutMs: number): Promise<Batch<Pruned>> {
  const sorted = await sort(db, threadIds, cutMs);
  const [row] = await db.rows<{ checkpoints: number }>(PRUNE, [sorted.prunable, cutMs]);
  // Each of them still has checkpoints, all of them old, unless somebody has added one or gone over to deltas.
  const awake = async (after: Db) => {
    const now = await sort(after, sorted.prunable, cutMs);
    return [...now.awake, ...now.rebuilt];
  };
  return { done: { ...sorted, checkpoints: row?.checkpoints ?? 0 }, awake };
}

/** Leaves the latest checkpoint of each namespace to those of the threads that are past retention. */
export async function pruneThreads(
  connection: CheckpointConnection,
  threadIds: readonly string[],
  cutMs: number,
): Promise<Removed> {
  const { done, awake } = await removeBatch(connection, threadIds, (db, ids) => prune(db, ids, cutMs));
  return {
    threads: 0,
    checkpoints: done?.checkpoints ?? 0,
    awake: [...awake, ...(done?.awake ?? [])],
    rebuilt: done?.rebuilt ?? [],
  };
}

/** What {@link pruneThreads} would do now. */
export async function countPrunable(db: Db, threadIds: readonly string[], cutMs: number): Promise<Removed> {
  const { prunable, awake, rebuilt } = await sort(db, threadIds, cutMs);
  const [row] = await db.rows<{ checkpoints: number }>(COUNT, [prunable, cutMs]);
  return { threads: 0, checkpoints: row?.checkpoints ?? 0, awake, rebuilt };
}
