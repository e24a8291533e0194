import type { KeptFile } from '../../domain/attached-files.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Db } from '../open.ts';
import { FOUND } from './attached-files.ts';
import { LEASE_COLUMNS, toLease, type LeaseRow } from '../row.ts';

export interface LeaseWithEntries extends Lease {
  readonly files: readonly string[];
  readonly filePaths: readonly string[];
  readonly deletedFiles: readonly string[];
  readonly keptFiles: readonly KeptFile[];
}

interface Row extends LeaseRow {
  readonly files: readonly string[] | null;
  readonly file_paths: readonly string[] | null;
  readonly deleted_files: readonly string[] | null;
  readonly kept_files: readonly KeptFile[] | null;
}

const STATEMENT = {
  name: 'lease-detail',
  text: `
SELECT ${LEASE_COLUMNS},
  (SELECT array_agg(entry ORDER BY position) FROM lease_entry e
    WHERE e.lease_id = lease.lease_id AND kind = 'id') AS files,
  (SELECT array_agg(entry ORDER BY position) FROM lease_entry e
    WHERE e.lease_id = lease.lease_id AND kind = 'path') AS file_paths,
  (SELECT array_agg(entry ORDER BY position) FROM lease_entry e JOIN file f USING (file_key)
    WHERE e.lease_id = lease.lease_id AND f.provider_deleted_at IS NOT NULL) AS deleted_files,
  (SELECT jsonb_agg(jsonb_build_object('fileId', file_id, 'reason', coalesce(reason, 'abandoned')) ORDER BY file_id)
    FROM attached_file a WHERE a.lease_id = lease.lease_id
      AND (a.state = 'kept' OR (a.state = $2 AND lease.state = 'closed'))) AS kept_files
FROM lease WHERE session_id = $1
ORDER BY (state IN ('provisioning', 'active')) DESC, created_at DESC LIMIT 1`,
};

/** The session's live lease, else its newest, with everything it tracks. */
export async function leaseDetail(db: Db, sessionId: string): Promise<LeaseWithEntries | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [sessionId, FOUND]);
  if (row === undefined) return undefined;
  return {
    ...toLease(row),
    files: row.files ?? [],
    filePaths: row.file_paths ?? [],
    deletedFiles: row.deleted_files ?? [],
    keptFiles: row.kept_files ?? [],
  };
}
