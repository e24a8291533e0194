import type { Db } from '../open.ts';
import { LIVE } from '../states.ts';
import { toUpload, uploadColumns, type UploadRow, type UploadView } from '../upload-row.ts';

/** A row of `file` that has been uploaded, under the provider's id. */
export interface UploadedFile {
  readonly fileKey: string;
  readonly provider: string;
}

const FILES = {
  name: 'files-of-id',
  text: `
SELECT DISTINCT file_key, provider FROM provider_file_uploads
WHERE provider_file_id = $1 AND file_key IS NOT NULL AND ($2::text IS NULL OR provider = $2)`,
};
/** Those of the files first: the order and the limit would else have all rows read, from the newest on. */
const OF_FILE = {
  name: 'uploads-of-file',
  text: `
SELECT ${uploadColumns('$3')}
FROM (SELECT * FROM provider_file_uploads WHERE file_key = ANY ($1::bigint[]) OFFSET 0) AS u
LEFT JOIN file f ON f.file_key = u.file_key
ORDER BY u.created_at DESC, u.upload_id DESC LIMIT $2`,
};
const LEASES = {
  name: 'leases-of-file',
  text: `
SELECT DISTINCT e.lease_id
FROM (SELECT lease_id FROM lease_entry WHERE file_key = ANY ($1::bigint[]) OFFSET 0) AS e
CROSS JOIN LATERAL (SELECT FROM lease l WHERE l.lease_id = e.lease_id AND l.state = ANY ($2::text[]) OFFSET 0) AS live
ORDER BY e.lease_id LIMIT $3`,
};

/** Every uploaded file that a provider, or the given one, has under that id. */
export async function filesOfId(
  db: Db,
  fileId: string,
  provider: string | null,
): Promise<readonly UploadedFile[]> {
  const rows = await db.rows<{ file_key: string; provider: string }>(FILES, [fileId, provider]);
  return rows.map((row) => ({ fileKey: row.file_key, provider: row.provider }));
}

/** The newest `limit` uploads of the files, newest first; one that could not be settled for so long is stuck. */
export async function uploadsOfFiles(
  db: Db,
  fileKeys: readonly string[],
  { limit, stuckAfterMs }: { readonly limit: number; readonly stuckAfterMs: number },
): Promise<readonly UploadView[]> {
  return (await db.rows<UploadRow>(OF_FILE, [fileKeys, limit, stuckAfterMs])).map(toUpload);
}

/** At most `limit` of the live leases that track one of the files. */
export async function leasesOfFiles(
  db: Db,
  fileKeys: readonly string[],
  limit: number,
): Promise<readonly string[]> {
  const rows = await db.rows<{ lease_id: string }>(LEASES, [fileKeys, LIVE, limit]);
  return rows.map((row) => row.lease_id);
}
