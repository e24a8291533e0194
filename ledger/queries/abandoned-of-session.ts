import type { Abandoned } from '../../domain/lease.ts';
import type { Db } from '../open.ts';
import { isoTime } from '../row.ts';

interface Row {
  readonly lease_id: string;
  readonly stores: readonly string[] | null;
  readonly files: readonly string[] | null;
  readonly forced_by: string;
  readonly forced_reason: string;
  readonly closed_at_ms: number | null;
}

const STATEMENT = {
  name: 'abandoned-of-session',
  text: `
SELECT l.lease_id, l.forced_by, l.forced_reason, (extract(epoch FROM l.closed_at) * 1000)::float8 AS closed_at_ms,
  (SELECT array_agg(s.store_id ORDER BY s.store_id) FROM store s
    WHERE s.lease_id = l.lease_id AND s.state = 'abandoned') AS stores,
  (SELECT array_agg(e.entry ORDER BY e.position) FROM lease_entry e JOIN file f USING (file_key)
    WHERE e.lease_id = l.lease_id AND f.abandoned_at IS NOT NULL AND f.provider_deleted_at IS NULL) AS files
FROM lease l WHERE l.session_id = $1 AND l.forced_by IS NOT NULL ORDER BY l.created_at`,
};

/** What was given up of the session's leases, the oldest first. */
export async function abandonedOfSession(db: Db, sessionId: string): Promise<readonly Abandoned[]> {
  const rows = await db.rows<Row>(STATEMENT, [sessionId]);
  return rows.map((row) => ({
    leaseId: row.lease_id,
    storeIds: row.stores ?? [],
    fileIds: row.files ?? [],
    by: row.forced_by,
    reason: row.forced_reason,
    at: row.closed_at_ms === null ? null : isoTime(row.closed_at_ms),
  }));
}
