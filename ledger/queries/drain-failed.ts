import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

export interface DrainFailure {
  readonly leaseId: string;
  /** At most 240 characters, without secrets. */
  readonly error: string;
  readonly waitMs: number;
  /** Stuck at once, whatever the time. */
  readonly stuckNow: boolean;
  readonly stuckAfterMs: number;
}

const STATEMENT = {
  name: 'drain-failed',
  text: `
UPDATE lease SET attempts = attempts + 1, last_error = $2,
  failing_since = coalesce(failing_since, clock_timestamp()),
  stuck_at = CASE WHEN stuck_at IS NOT NULL THEN stuck_at
    WHEN $4 OR coalesce(failing_since, clock_timestamp()) <= clock_timestamp() - $5 * interval '1 ms'
      THEN clock_timestamp() END,
  next_try_at = clock_timestamp() + $3 * interval '1 ms',
  wake_at = clock_timestamp() + $3 * interval '1 ms' + interval '60 s'
WHERE lease_id = $1 AND state = $6
RETURNING attempts, stuck_at IS NOT NULL AS stuck`,
};

/** Records a failed pass and when the next is due; `undefined` when the lease no longer drains. */
export async function drainFailed(
  db: Db,
  failure: DrainFailure,
): Promise<{ readonly attempts: number; readonly stuck: boolean } | undefined> {
  const [row] = await db.rows<{ attempts: number; stuck: boolean }>(STATEMENT, [
    failure.leaseId,
    failure.error,
    failure.waitMs,
    failure.stuckNow,
    failure.stuckAfterMs,
    DRAINING,
  ]);
  return row;
}
