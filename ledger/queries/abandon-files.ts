import { heldByUpload } from '../holders.ts';
import type { Db } from '../open.ts';
import { CLOSED, COMPLETED } from '../states.ts';

/**
 * What another lease has, live or draining, is left to that one, and what an upload holds to that. Nobody tracks an
 * abandoned file again; what was uploaded for leases and is with no other ends with this one.
 */
const STATEMENT = {
  name: 'abandon-files',
  text: `
WITH left_alone AS MATERIALIZED (
  SELECT e.file_key FROM lease_entry e JOIN lease l USING (lease_id)
  WHERE e.file_key = ANY ($2::bigint[]) AND l.lease_id <> $1 AND l.state <> $3
), let_go AS (
  UPDATE provider_file_uploads u
  SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'lease_ended'
  WHERE u.file_key = ANY ($2::bigint[]) AND NOT u.plain AND u.upload_status = $4
    AND u.file_key NOT IN (SELECT file_key FROM left_alone)
)
UPDATE file SET abandoned_at = clock_timestamp(), deleted_at = coalesce(deleted_at, clock_timestamp())
WHERE file_key = ANY ($2::bigint[]) AND provider_deleted_at IS NULL AND abandoned_at IS NULL
  AND file_key NOT IN (SELECT file_key FROM left_alone)
  AND NOT ${heldByUpload('file.file_key', '$4')}`,
};

/** Gives up files of a forced lease. Needs their row locks, got by a statement before. */
export async function abandonFiles(db: Db, leaseId: string, fileKeys: readonly string[]): Promise<void> {
  await db.rows(STATEMENT, [leaseId, fileKeys, CLOSED, COMPLETED]);
}
