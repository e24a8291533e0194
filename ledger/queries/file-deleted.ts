import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'file-deleted',
  text: `UPDATE file SET provider_deleted_at = clock_timestamp(), last_error = NULL
WHERE file_key = $1 AND deleted_at IS NOT NULL AND provider_deleted_at IS NULL`,
};

/** Records the proof that the provider has deleted the file. */
export async function fileDeleted(db: Db, fileKey: string): Promise<void> {
  await db.rows(STATEMENT, [fileKey]);
}
