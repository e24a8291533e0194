import { heldByUpload } from '../holders.ts';
import type { Db } from '../open.ts';
import { CLOSED, COMPLETED, DRAINING } from '../states.ts';

/** Any constant will do as long as every process uses the same one. */
const LOCK = 5_183_926_448;
/** Two that give up leases with a common file must not leave it to each other. */
const ONE_AT_A_TIME = {
  name: 'force-lock',
  text: `SELECT pg_advisory_xact_lock($1)`,
};

/** A file that is neither proven deleted nor given up needs another lease, or an upload, to look after it. */
const CLOSE = {
  name: 'force-close',
  text: `
UPDATE lease SET state = 'closed', end_reason = 'forced', closed_at = clock_timestamp(),
  stuck_at = NULL, next_try_at = NULL, failing_since = NULL, files_failing_since = NULL, waits_for = NULL,
  seen_version = wanted_version
WHERE lease_id = $1 AND state = $2 AND stuck_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM lease_entry e JOIN file f USING (file_key)
    WHERE e.lease_id = $1 AND f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL AND NOT EXISTS (
      SELECT FROM lease_entry o JOIN lease l ON l.lease_id = o.lease_id
      WHERE o.file_key = f.file_key AND l.lease_id <> $1 AND l.state <> $3)
      AND NOT ${heldByUpload('f.file_key', '$4')})
RETURNING lease_id`,
};
/**
 * Closes a stuck lease whose files are done with. False when files are left, or when the lease is stuck no longer.
 * Needs a transaction, in which its stores are given up too.
 */
export async function forceClose(db: Db, leaseId: string): Promise<boolean> {
  await db.rows(ONE_AT_A_TIME, [LOCK]);
  const closed = await db.rows(CLOSE, [leaseId, DRAINING, CLOSED, COMPLETED]);
  return closed.length === 1;
}
