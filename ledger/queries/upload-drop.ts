import type { Db } from '../open.ts';

const END = {
  name: 'upload-drop',
  text: `
UPDATE provider_file_uploads SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'manual'
WHERE file_key = $1 AND user_id = $2 AND deleted_at IS NULL
RETURNING upload_id`,
};
const DROPPED = {
  name: 'upload-dropped',
  text: `
SELECT upload_id FROM provider_file_uploads
WHERE file_key = $1 AND user_id = $2 AND deletion_reason = 'manual' AND provider_deleted_at IS NULL LIMIT 1`,
};

/** Ends the user's hold on the file; false where he has none. Needs the lock of the file's row. */
export async function endHold(db: Db, fileKey: string, userId: string): Promise<boolean> {
  return (await db.rows(END, [fileKey, userId])).length > 0;
}

/** Whether the user has ended a hold on the file whose deletion is not proven yet. */
export async function hasDropped(db: Db, fileKey: string, userId: string): Promise<boolean> {
  return (await db.rows(DROPPED, [fileKey, userId])).length > 0;
}
