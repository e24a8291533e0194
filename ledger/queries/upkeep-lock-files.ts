import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'upkeep-lock-files',
  text: `
SELECT f.provider_file_id FROM file f WHERE f.file_key = ANY ($1::bigint[])
ORDER BY f.provider_file_id COLLATE "C" FOR UPDATE`,
};

/** Locks files in the order of their ids, as tracking does, before anything is decided about their uploads. */
export async function lockUploadedFiles(db: Db, fileKeys: readonly string[]): Promise<void> {
  await db.rows(STATEMENT, [fileKeys]);
}
