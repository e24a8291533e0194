import { heldByUpload, trackedBy } from '../holders.ts';
import type { Db } from '../open.ts';
import { COMPLETED, DRAINING, LIVE } from '../states.ts';
import { FOUND } from './attached-files.ts';

export interface ClosedLease {
  readonly sessionId: string;
  /** Milliseconds from when it was due (or released) until everything was proven gone. */
  readonly lateMs: number | null;
  readonly drainMs: number;
}

interface Row {
  readonly session_id: string;
  readonly late_ms: number | null;
  readonly drain_ms: number;
}

/** A file that a live lease or an upload holds is theirs; every other one needs its proof, unless it was given up. */
const STATEMENT = {
  name: 'close-lease',
  text: `
UPDATE lease SET state = 'closed', closed_at = clock_timestamp(), stuck_at = NULL, next_try_at = NULL,
  failing_since = NULL, files_failing_since = NULL, waits_for = NULL, seen_version = wanted_version
WHERE lease_id = $1 AND state = $3
  AND (NOT uncertain OR empty_listings >= $2)
  AND NOT EXISTS (SELECT FROM store s WHERE s.lease_id = $1 AND s.state NOT IN ('deleted', 'abandoned'))
  AND NOT EXISTS (SELECT FROM lease_entry t JOIN file f USING (file_key)
    WHERE t.lease_id = $1 AND f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL
      AND (f.deleted_at IS NOT NULL
        OR NOT (${trackedBy('f.file_key', '$4')} OR ${heldByUpload('f.file_key', '$6')})))
  AND NOT EXISTS (SELECT FROM attached_file a WHERE a.lease_id = $1 AND a.state = $5)
RETURNING session_id,
  (extract(epoch FROM clock_timestamp() - coalesce(due_at, CASE WHEN end_reason = 'expired' THEN expires_at END, ended_at))
    * 1000)::float8 AS late_ms,
  (extract(epoch FROM clock_timestamp() - ended_at) * 1000)::float8 AS drain_ms`,
};

/** Closes a draining lease if everything it held is proven gone; `undefined` if anything is left. */
export async function closeLease(
  db: Db,
  leaseId: string,
  listingsNeeded: number,
): Promise<ClosedLease | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [leaseId, listingsNeeded, DRAINING, LIVE, FOUND, COMPLETED]);
  return row && { sessionId: row.session_id, lateMs: row.late_ms, drainMs: row.drain_ms };
}
