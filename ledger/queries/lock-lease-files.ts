import type { Db } from '../open.ts';

export interface LockedLeaseFile {
  readonly fileKey: string;
  readonly fileId: string;
}

const STATEMENT = {
  name: 'lock-lease-files',
  text: `
SELECT f.file_key, f.provider_file_id FROM file f
WHERE f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL AND f.provider_file_id COLLATE "C" > $2
  AND f.file_key IN (SELECT file_key FROM lease_entry WHERE lease_id = $1 AND file_key IS NOT NULL)
ORDER BY f.provider_file_id COLLATE "C" LIMIT $3 FOR UPDATE OF f`,
};

/**
 * Locks the next files of a lease that are neither proven deleted nor given up, in the order of their ids, as tracking does.
 * The caller looks at their holders in a statement of its own: one begun before the lock was got could not see
 * a holder that came in meanwhile.
 */
export async function lockLeaseFiles(
  db: Db,
  leaseId: string,
  page: { readonly afterFileId: string; readonly limit: number },
): Promise<readonly LockedLeaseFile[]> {
  const values = [leaseId, page.afterFileId, page.limit];
  const rows = await db.rows<{ file_key: string; provider_file_id: string }>(STATEMENT, values);
  return rows.map((row) => ({ fileKey: row.file_key, fileId: row.provider_file_id }));
}
