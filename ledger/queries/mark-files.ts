import type { Db } from '../open.ts';
import { LIVE } from '../states.ts';

export interface DoomedFile {
  readonly fileKey: string;
  readonly fileId: string;
  readonly accountId: number;
  /** True when this file must be deleted; false when another live lease holds it. */
  readonly marked: boolean;
  readonly ageMs: number;
  /** Milliseconds since the provider first said 404; null if it has not. */
  readonly notFoundForMs: number | null;
}

interface Row {
  readonly file_key: string;
  readonly provider_file_id: string;
  readonly account_id: number;
  readonly marked: boolean;
  readonly age_ms: number;
  readonly not_found_for_ms: number | null;
}

/** Only provisioning and active leases spare a file; a mark once made stays. */
const STATEMENT = {
  name: 'mark-files',
  text: `
WITH marked AS (
  UPDATE file SET deleted_at = clock_timestamp()
  WHERE file_key = ANY ($1::bigint[]) AND deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM lease_entry e JOIN lease l USING (lease_id)
    WHERE e.file_key = file.file_key AND l.state = ANY ($2::text[]))
  RETURNING file_key
)
SELECT file_key, provider_file_id, account_id,
  deleted_at IS NOT NULL OR file_key IN (SELECT file_key FROM marked) AS marked,
  (extract(epoch FROM clock_timestamp() - tracked_at) * 1000)::float8 AS age_ms,
  (extract(epoch FROM clock_timestamp() - not_found_at) * 1000)::float8 AS not_found_for_ms
FROM file WHERE file_key = ANY ($1::bigint[]) ORDER BY provider_file_id COLLATE "C"`,
};

/** Marks locked files for deletion unless a live lease holds them. Needs their row locks. */
export async function markFiles(db: Db, fileKeys: readonly string[]): Promise<readonly DoomedFile[]> {
  const rows = await db.rows<Row>(STATEMENT, [fileKeys, LIVE]);
  return rows.map((row) => ({
    fileKey: row.file_key,
    fileId: row.provider_file_id,
    accountId: row.account_id,
    marked: row.marked,
    ageMs: row.age_ms,
    notFoundForMs: row.not_found_for_ms,
  }));
}
