import type { Db } from '../open.ts';
import { UNSETTLED } from '../upload-row.ts';
import type { FileOwner } from './lock-files.ts';

const UPLOADING = 'uploading';

const KNOWN = {
  name: 'upkeep-known-files',
  text: `
SELECT provider_file_id FROM file WHERE provider = $1 AND base_url = $2 AND provider_file_id = ANY ($3::text[])`,
};
/**
 * An upload under way that only its end could tell from the one that is settled: the file may be what it is making. One
 * that began after the listing was made cannot be, and one that has ended has its file in the ledger.
 */
const RIVAL = `SELECT FROM provider_file_uploads u
  WHERE ${UNSETTLED} AND u.created_at < now() AND u.upload_status = $5
    AND u.account_id = ANY ($6::int[]) AND u.filename = $7 AND u.file_size_bytes = $8::float8`;

const TAKE = {
  name: 'upkeep-take-orphan',
  text: `
INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded, deleted_at, next_try_at)
SELECT $1, $2, $3, $4, true, clock_timestamp(), clock_timestamp() WHERE NOT EXISTS (${RIVAL})
ON CONFLICT DO NOTHING RETURNING file_key`,
};
const END = {
  name: 'upkeep-end-orphan',
  text: `
UPDATE provider_file_uploads SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'orphaned',
  provider_file_id = $2, file_key = $3, uncertain = false, candidates = '{}', next_try_at = NULL, last_error = NULL
WHERE upload_id = $1 AND upload_status = 'failed' AND uncertain
RETURNING upload_id`,
};

/** Which of the files the ledger knows, whoever they belong to. */
export async function knownFiles(
  db: Db,
  owner: Pick<FileOwner, 'provider' | 'baseUrl'>,
  fileIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const values = [owner.provider, owner.baseUrl, fileIds];
  const rows = await db.rows<{ provider_file_id: string }>(KNOWN, values);
  return new Set(rows.map((row) => row.provider_file_id));
}

/** A file that nobody knows, and the upload that it seems to be of. */
export interface Orphan {
  readonly owner: FileOwner;
  readonly fileId: string;
  /** The rows of the account, from before and after a change of its key. */
  readonly accountIds: readonly number[];
  readonly filename: string;
  readonly sizeBytes: number;
}

/**
 * Makes the ledger know the file, marked for deletion. `undefined`: it has come to know it meanwhile, or an equal upload
 * is under way, whose file it may be.
 */
export async function takeOrphan(db: Db, orphan: Orphan): Promise<string | undefined> {
  const { owner, fileId, accountIds, filename, sizeBytes } = orphan;
  const of = [owner.provider, owner.baseUrl, owner.accountId, fileId];
  const [row] = await db.rows<{ file_key: string }>(TAKE, [
    ...of,
    ...[UPLOADING, accountIds, filename, sizeBytes],
  ]);
  return row?.file_key;
}

/** Ends the upload as the one that had made the file; false where it was settled by somebody else. */
export async function endOrphaned(
  db: Db,
  orphan: { readonly uploadId: string; readonly fileId: string; readonly fileKey: string },
): Promise<boolean> {
  return (await db.rows(END, [orphan.uploadId, orphan.fileId, orphan.fileKey])).length > 0;
}
