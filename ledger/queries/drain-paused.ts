import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

/** What a lease waits for that an operator's pause holds up. */
const WAITS_FOR = 'deletions are paused';

/**
 * A pause is no failure: the time it takes counts towards none. The control row is locked, so that whoever lifts
 * the pause comes either before this (then nothing is recorded) or after it, and finds the lease to wake.
 */
const STATEMENT = {
  name: 'drain-paused',
  text: `
WITH pause AS MATERIALIZED (
  SELECT 1 FROM deletion_control WHERE singleton AND paused_at IS NOT NULL FOR SHARE
)
UPDATE lease SET waits_for = $2,
  failing_since = CASE WHEN stuck_at IS NOT NULL THEN failing_since END,
  files_failing_since = CASE WHEN stuck_at IS NOT NULL THEN files_failing_since END,
  next_try_at = clock_timestamp() + $3 * interval '1 ms',
  wake_at = clock_timestamp() + $3 * interval '1 ms' + interval '60 s'
WHERE lease_id = $1 AND state = $4 AND EXISTS (SELECT FROM pause)
RETURNING lease_id`,
};

/** In batches, each in one order, so that two of these cannot wait for each other in a ring. */
const WAKE = {
  name: 'wake-paused',
  text: `
UPDATE lease SET waits_for = NULL, next_try_at = NULL,
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(), wake_at = clock_timestamp()
WHERE lease_id IN (SELECT lease_id FROM lease WHERE state = 'draining' AND waits_for = $1
    ORDER BY lease_id LIMIT $2 FOR UPDATE)
  AND state = $3
RETURNING lease_id`,
};

/** Records that a lease waits for the end of the pause; false when there is no pause any more. */
export async function drainPaused(db: Db, leaseId: string, waitMs: number): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [leaseId, WAITS_FOR, waitMs, DRAINING]);
  return rows.length === 1;
}

/** Makes at most `limit` leases that wait for the end of the pause due at once; returns how many. */
export async function wakePaused(db: Db, limit: number): Promise<number> {
  return (await db.rows(WAKE, [WAITS_FOR, limit, DRAINING])).length;
}
