import type { Db } from '../open.ts';

export interface PlacesTaken {
  readonly files: number;
  readonly bytes: number;
}

/** Files that are not proven gone, and uploads that may become one. */
const STATEMENT = {
  name: 'upload-places',
  text: `
WITH taken AS (
  SELECT (SELECT u.file_size_bytes FROM provider_file_uploads u WHERE u.file_key = f.file_key LIMIT 1) AS bytes
  FROM file f WHERE f.account_id = $1 AND f.uploaded AND f.provider_deleted_at IS NULL
  UNION ALL
  SELECT u.file_size_bytes FROM provider_file_uploads u
  WHERE u.created_at > '-infinity' AND u.account_id = $1 AND u.file_key IS NULL
    AND u.deleted_at IS NULL AND (u.upload_status IN ('pending', 'uploading') OR u.uncertain)
)
SELECT count(*)::float8 AS files, coalesce(sum(bytes), 0)::float8 AS bytes FROM taken`,
};

/** How much of the account our uploads take. Binding only with the account's lock, taken by a statement before. */
export async function placesTaken(db: Db, accountId: number): Promise<PlacesTaken> {
  const [row] = await db.rows<PlacesTaken>(STATEMENT, [accountId]);
  return row ?? { files: 0, bytes: 0 };
}
