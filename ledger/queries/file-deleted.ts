import type { ProviderName } from '../../domain/providers.ts';
import type { DeletionReason } from '../../domain/upload.ts';
import type { Db } from '../open.ts';

/** An uploaded file that is proven gone, as its upload that was let go last tells it. */
export interface GoneUpload {
  readonly provider: ProviderName;
  readonly reason: DeletionReason;
  readonly bytes: number;
}

const STATEMENT = {
  name: 'file-deleted',
  text: `
WITH gone AS (
  UPDATE file SET provider_deleted_at = clock_timestamp(), last_error = NULL, stuck_at = NULL, waits_for = NULL
  WHERE file_key = $1 AND deleted_at IS NOT NULL AND provider_deleted_at IS NULL
  RETURNING file_key
), told AS (
  UPDATE provider_file_uploads u SET provider_deleted_at = clock_timestamp(), last_error = NULL
  FROM gone WHERE u.file_key = gone.file_key AND u.deleted_at IS NOT NULL AND u.provider_deleted_at IS NULL
  RETURNING u.provider, u.deletion_reason AS reason, u.file_size_bytes::float8 AS bytes, u.deleted_at
)
SELECT provider, reason, bytes FROM told ORDER BY deleted_at DESC LIMIT 1`,
};

/**
 * Records the proof that the provider has deleted the file, on its uploads too. Resolves with what is to be told of an
 * uploaded one; `undefined` for any other, and where it was proven before.
 */
export async function fileDeleted(db: Db, fileKey: string): Promise<GoneUpload | undefined> {
  const [row] = await db.rows<{ provider: ProviderName; reason: DeletionReason; bytes: number }>(STATEMENT, [
    fileKey,
  ]);
  return row;
}
