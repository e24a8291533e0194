import type { Db } from '../open.ts';

export interface FileOwner {
  readonly provider: string;
  readonly baseUrl: string;
  readonly accountId: number;
}

export interface LockedFile {
  readonly fileKey: string;
  readonly fileId: string;
  readonly beingDeleted: boolean;
}

interface Row {
  readonly file_key: string;
  readonly provider_file_id: string;
  readonly being_deleted: boolean;
}

/**
 * The self-assignment takes the row lock that marking for deletion takes too, in the same order of ids, so
 * that the two can neither miss each other nor deadlock.
 */
const STATEMENT = {
  name: 'lock-files',
  text: `
INSERT INTO file (provider, base_url, account_id, provider_file_id)
SELECT $1, $2, $3, id FROM unnest($4::text[]) AS t (id) ORDER BY id COLLATE "C"
ON CONFLICT (provider, base_url, provider_file_id) DO UPDATE SET provider = excluded.provider
RETURNING file_key, provider_file_id, deleted_at IS NOT NULL AS being_deleted`,
};

/** Makes missing rows and locks all of them until the transaction ends. Ids must be distinct. */
export async function lockFiles(
  db: Db,
  owner: FileOwner,
  fileIds: readonly string[],
): Promise<readonly LockedFile[]> {
  const values = [owner.provider, owner.baseUrl, owner.accountId, fileIds];
  const rows = await db.rows<Row>(STATEMENT, values);
  return rows.map((row) => ({
    fileKey: row.file_key,
    fileId: row.provider_file_id,
    beingDeleted: row.being_deleted,
  }));
}
