import { checkpointMs, uuidMs } from './age.ts';

/**
 * Condition on a thread, for the deleting statement itself: it has checkpoints, each is dated and none younger than the
 * cut `$2`. A run saves its writes in the background, where they may come before their checkpoint: such a write, told
 * by the id of its checkpoint, keeps the thread as well.
 */
export const pastRetention = (threadId: string) => `
  EXISTS (SELECT FROM checkpoints c WHERE c.thread_id = ${threadId})
  AND NOT EXISTS (SELECT FROM checkpoints c
    WHERE c.thread_id = ${threadId} AND coalesce(${checkpointMs('c')} > $2::float8, true))
  AND NOT EXISTS (SELECT FROM checkpoint_writes w
    WHERE w.thread_id = ${threadId} AND ${uuidMs('w.checkpoint_id')} > $2::float8)`;

/**
 * Condition on a thread: a DeltaChannel rebuilds its latest state from older checkpoints. Told, as LangGraph's own
 * `prune` tells it, by counters in the metadata, or by a snapshot: an inline `true` with a blob behind it.
 */
export const usesDelta = (threadId: string) => `
  EXISTS (SELECT FROM checkpoints c WHERE c.thread_id = ${threadId}
    AND (c.metadata ? 'counters_since_delta_snapshot' OR c.metadata ? 'delta_writes_versioned'))
  OR EXISTS (SELECT FROM checkpoints c
      CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(c.checkpoint -> 'channel_values')
        WHEN 'object' THEN c.checkpoint -> 'channel_values' ELSE '{}' END) v
      CROSS JOIN LATERAL (SELECT FROM checkpoint_blobs b WHERE b.thread_id = c.thread_id
        AND b.checkpoint_ns = c.checkpoint_ns AND b.channel = v.key
        AND b.version = c.checkpoint -> 'channel_versions' ->> v.key LIMIT 1) b
    WHERE c.thread_id = ${threadId} AND v.value = 'true'::jsonb)`;
