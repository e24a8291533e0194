import type { Db } from '../open.ts';
import { COMPLETED } from '../states.ts';
import type { FileOwner } from './lock-files.ts';

const UPLOADING = 'uploading';

/** An upload that the provider has taken. */
export interface Taken {
  readonly uploadId: string;
  readonly owner: FileOwner;
  readonly fileId: string;
  /** Days after which the provider drops it; null = never. */
  readonly keptDays: number | null;
}

/** A second time it changes nothing: the first one's answer may have been lost. */
const COMPLETE = {
  name: 'upload-complete',
  text: `
WITH stored AS (
  INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded) VALUES ($2, $3, $4, $5, true)
  ON CONFLICT (provider, base_url, provider_file_id) DO UPDATE SET uploaded = true
  RETURNING file_key, deleted_at
)
UPDATE provider_file_uploads own SET upload_status = 'completed', provider_file_id = $5, file_key = stored.file_key,
  verified_at = clock_timestamp(), last_used = clock_timestamp(), expires_at = own.sent_at + $6::float8 * interval '1 day',
  claims = false, sender_until = NULL, last_error = NULL
FROM stored
WHERE own.upload_id = $1 AND stored.deleted_at IS NULL
  AND (own.upload_status = $7 OR (own.upload_status = $8 AND own.file_key = stored.file_key))
  AND NOT EXISTS (SELECT FROM provider_file_uploads other WHERE other.file_key = stored.file_key
    AND other.user_id = own.user_id AND other.upload_status = $8 AND other.upload_id <> own.upload_id)
RETURNING own.upload_id`,
};

const MERGE = {
  name: 'upload-merge',
  text: `
WITH own AS (
  DELETE FROM provider_file_uploads d WHERE d.upload_id = $1 AND d.upload_status = $2
    AND EXISTS (SELECT FROM provider_file_uploads o JOIN file f USING (file_key)
      WHERE o.provider_file_id = $3 AND o.user_id = d.user_id AND o.account_id = d.account_id
        AND o.upload_status = $4 AND f.deleted_at IS NULL)
  RETURNING d.user_id, d.account_id, d.plain, d.session_id
)
UPDATE provider_file_uploads u SET last_used = clock_timestamp(), verified_at = clock_timestamp(),
  plain = u.plain OR own.plain, session_id = coalesce(u.session_id, own.session_id)
FROM own WHERE u.provider_file_id = $3 AND u.user_id = own.user_id AND u.account_id = own.account_id
  AND u.upload_status = $4
RETURNING u.upload_id`,
};

const DISCARD = {
  name: 'upload-discard',
  text: `
UPDATE provider_file_uploads SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = $4,
  provider_file_id = $2, file_key = $3, claims = false, uncertain = false, sender_until = NULL
WHERE upload_id = $1 AND deleted_at IS NULL AND file_key IS NULL`,
};
const UPLOADED = {
  name: 'upload-made-file',
  text: `UPDATE file SET uploaded = true WHERE file_key = $1`,
};

/**
 * Records that the provider has the file, in a transaction that has to be undone where this is false: the intent was
 * settled meanwhile, or the file is to be deleted.
 */
export async function completeUpload(db: Db, taken: Taken): Promise<boolean> {
  const { provider, baseUrl, accountId } = taken.owner;
  const of = [taken.uploadId, provider, baseUrl, accountId, taken.fileId];
  const rows = await db.rows(COMPLETE, [...of, taken.keptDays, UPLOADING, COMPLETED]);
  // A provider that knows equal content by itself answers with the file that the user holds already.
  return (
    rows.length > 0 || (await db.rows(MERGE, [taken.uploadId, UPLOADING, taken.fileId, COMPLETED])).length > 0
  );
}

/** Lets go what the provider has taken and nobody is to have. Needs the lock of the file's row, which is marked next. */
export async function discardUpload(
  db: Db,
  taken: Pick<Taken, 'uploadId' | 'fileId'> & { readonly fileKey: string },
  reason: 'orphaned' | 'lease_ended',
): Promise<void> {
  await db.rows(UPLOADED, [taken.fileKey]);
  await db.rows(DISCARD, [taken.uploadId, taken.fileId, taken.fileKey, reason]);
}
