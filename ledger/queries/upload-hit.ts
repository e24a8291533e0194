import type { Db } from '../open.ts';
import { COMPLETED } from '../states.ts';

/** A user's upload that a file answers which is there already. */
export interface Hit {
  readonly uploadId: string;
  readonly fileKey: string;
  readonly userId: string;
  readonly sessionId: string | null;
  readonly filename: string;
  readonly mimeType: string;
  /** Milliseconds since the provider was seen to have it. */
  readonly unseenForMs: number;
  /** Bytes that the user may have, this upload included. */
  readonly quotaBytes: number;
}

/** Locks the file first: a mark that was made meanwhile is seen, and one that comes later sees the use. */
const AGAIN = {
  name: 'upload-hit-again',
  text: `
WITH kept AS MATERIALIZED (
  SELECT file_key FROM file WHERE file_key = $1 AND deleted_at IS NULL FOR NO KEY UPDATE
)
UPDATE provider_file_uploads u SET last_used = clock_timestamp(), dedupe_hits = u.dedupe_hits + 1,
  plain = u.plain OR $3::text IS NULL, session_id = coalesce(u.session_id, $3),
  verified_at = greatest(u.verified_at, clock_timestamp() - $4::float8 * interval '1 ms')
FROM kept
WHERE u.file_key = $1 AND u.user_id = $2 AND u.deleted_at IS NULL
  AND (u.expires_at IS NULL OR u.expires_at > clock_timestamp())
RETURNING u.upload_id`,
};

const FIRST = {
  name: 'upload-hit-first',
  text: `
WITH source AS MATERIALIZED (
  SELECT u.* FROM provider_file_uploads u JOIN file f USING (file_key)
  WHERE u.file_key = $2 AND u.upload_status = $9 AND f.deleted_at IS NULL
    AND (u.expires_at IS NULL OR u.expires_at > clock_timestamp())
  LIMIT 1
), room AS MATERIALIZED (
  SELECT source.file_size_bytes + (SELECT coalesce(sum(file_size_bytes), 0) FROM provider_file_uploads
    WHERE user_id = $3 AND deleted_at IS NULL AND upload_status IN ('pending', 'uploading', 'completed')) <= $8::float8 AS fits
  FROM source
), made AS (
  INSERT INTO provider_file_uploads (upload_id, account_id, provider, provider_file_id, file_key, sha256, filename,
    file_size_bytes, mime_type, purpose, user_id, session_id, plain, upload_status, verified_at, expires_at, dedupe_hits)
  SELECT $1, s.account_id, s.provider, s.provider_file_id, s.file_key, s.sha256, $5, s.file_size_bytes, $6, s.purpose,
    $3, $4::text, $4 IS NULL, $9, clock_timestamp() - $7::float8 * interval '1 ms', s.expires_at, 1
  FROM source s, room WHERE room.fits
)
SELECT fits FROM room`,
};

/** The user holds the file: counts the hit. False where he does not, or it no longer answers. */
export async function hitAgain(db: Db, hit: Hit): Promise<boolean> {
  const { fileKey, userId, sessionId, unseenForMs } = hit;
  return (await db.rows(AGAIN, [fileKey, userId, sessionId, unseenForMs])).length > 0;
}

/**
 * A hold of the user on the file, which he has none on. Needs the locks of user and file, taken by statements before.
 * `lost`: nothing answers any longer.
 */
export async function hitFirst(db: Db, hit: Hit): Promise<'held' | 'over_quota' | 'lost'> {
  const { uploadId, fileKey, userId, sessionId, filename, mimeType, unseenForMs, quotaBytes } = hit;
  const what = [uploadId, fileKey, userId, sessionId, filename, mimeType];
  const [row] = await db.rows<{ fits: boolean }>(FIRST, [...what, unseenForMs, quotaBytes, COMPLETED]);
  if (row === undefined) return 'lost';
  return row.fits ? 'held' : 'over_quota';
}
