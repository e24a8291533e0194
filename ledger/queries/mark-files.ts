import { heldByUpload, leaseEndOf, trackedBy } from '../holders.ts';
import type { Db } from '../open.ts';
import { COMPLETED, DRAINING, LIVE } from '../states.ts';

export interface DoomedFile {
  readonly fileKey: string;
  readonly fileId: string;
  readonly accountId: number;
  /** True when this file must be deleted; false when somebody holds it. */
  readonly marked: boolean;
  /** True when it was this call that marked it. */
  readonly markedNow: boolean;
  /** An upload holds it; false also where it is marked. */
  readonly heldByUpload: boolean;
  readonly ageMs: number;
  /** Milliseconds since the provider first said 404; null if it has not. */
  readonly notFoundForMs: number | null;
}

interface Row {
  readonly file_key: string;
  readonly provider_file_id: string;
  readonly account_id: number;
  readonly marked: boolean;
  readonly marked_now: boolean;
  readonly held_by_upload: boolean;
  readonly age_ms: number;
  readonly not_found_for_ms: number | null;
}

/**
 * Only provisioning and active leases and plain uploads spare a file; a mark once made stays. An uploaded file that a
 * draining lease tracks is deleted by its drain, which cannot end before; any other is due at once for the upkeep.
 * What was uploaded for leases ends with the last of them, and a plain upload was in use for as long as one had it.
 */
const STATEMENT = {
  name: 'mark-files',
  text: `
WITH marked AS (
  UPDATE file SET deleted_at = clock_timestamp(),
    next_try_at = CASE WHEN uploaded AND NOT ${trackedBy('file.file_key', '$3')} THEN clock_timestamp() END
  WHERE file_key = ANY ($1::bigint[]) AND deleted_at IS NULL
    AND NOT ${trackedBy('file.file_key', '$2')}
    AND NOT ${heldByUpload('file.file_key', '$4')}
  RETURNING file_key
), let_go AS (
  UPDATE provider_file_uploads u
  SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'lease_ended'
  WHERE u.file_key = ANY ($1::bigint[]) AND NOT u.plain AND u.upload_status = $4
    AND NOT ${trackedBy('u.file_key', '$2')}
), used AS (
  UPDATE provider_file_uploads u SET last_used = ${leaseEndOf('u.file_key')}
  WHERE u.file_key = ANY ($1::bigint[]) AND u.plain AND u.upload_status = $4
    AND u.last_used < ${leaseEndOf('u.file_key')}
)
SELECT file_key, provider_file_id, account_id,
  deleted_at IS NOT NULL OR file_key IN (SELECT file_key FROM marked) AS marked,
  file_key IN (SELECT file_key FROM marked) AS marked_now,
  ${heldByUpload('file.file_key', '$4')} AS held_by_upload,
  (extract(epoch FROM clock_timestamp() - tracked_at) * 1000)::float8 AS age_ms,
  (extract(epoch FROM clock_timestamp() - not_found_at) * 1000)::float8 AS not_found_for_ms
FROM file WHERE file_key = ANY ($1::bigint[]) ORDER BY provider_file_id COLLATE "C"`,
};

/** Marks locked files for deletion unless somebody holds them. Needs their row locks. */
export async function markFiles(db: Db, fileKeys: readonly string[]): Promise<readonly DoomedFile[]> {
  const rows = await db.rows<Row>(STATEMENT, [fileKeys, LIVE, [DRAINING], COMPLETED]);
  return rows.map((row) => ({
    fileKey: row.file_key,
    fileId: row.provider_file_id,
    accountId: row.account_id,
    marked: row.marked,
    markedNow: row.marked_now,
    heldByUpload: row.held_by_upload,
    ageMs: row.age_ms,
    notFoundForMs: row.not_found_for_ms,
  }));
}
