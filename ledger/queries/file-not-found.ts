import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'file-not-found',
  text: `UPDATE file SET not_found_at = coalesce(not_found_at, clock_timestamp())
WHERE file_key = $1 AND provider_deleted_at IS NULL`,
};

/** Records the first 404 for a file that is too young for one to be proof. */
export async function fileNotFound(db: Db, fileKey: string): Promise<void> {
  await db.rows(STATEMENT, [fileKey]);
}
