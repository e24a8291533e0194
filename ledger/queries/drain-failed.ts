import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

/** A pass over a draining lease has two parts, and each fails and recovers by itself. */
export type DrainPart = 'files' | 'stores';

export interface DrainFailure {
  readonly leaseId: string;
  readonly part: DrainPart;
  /** At most 240 characters, without secrets. */
  readonly error: string;
  readonly waitMs: number;
  /** Stuck at once, whatever the time. */
  readonly stuckNow: boolean;
  readonly stuckAfterMs: number;
}

/** Files go first; the next try is the later of what they and the stores want, as the workflow waits. */
const STATEMENT = {
  name: 'drain-failed',
  text: `
UPDATE lease SET
  file_attempts = file_attempts + $7::boolean::int, attempts = attempts + (NOT $7)::int,
  files_failing_since = CASE WHEN $7 THEN coalesce(files_failing_since, clock_timestamp()) ELSE files_failing_since END,
  failing_since = CASE WHEN $7 THEN failing_since ELSE coalesce(failing_since, clock_timestamp()) END,
  stuck_at = CASE WHEN stuck_at IS NOT NULL THEN stuck_at
    WHEN $4 OR coalesce(CASE WHEN $7 THEN files_failing_since ELSE failing_since END, clock_timestamp())
      <= clock_timestamp() - $5 * interval '1 ms' THEN clock_timestamp() END,
  last_error = $2, waits_for = NULL,
  next_try_at = greatest(CASE WHEN NOT $7 THEN next_try_at END, clock_timestamp() + $3 * interval '1 ms'),
  wake_at = greatest(CASE WHEN NOT $7 THEN next_try_at END, clock_timestamp() + $3 * interval '1 ms')
    + interval '60 s'
WHERE lease_id = $1 AND state = $6
RETURNING greatest(attempts, file_attempts) AS attempts, stuck_at IS NOT NULL AS stuck`,
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
    failure.part === 'files',
  ]);
  return row;
}
