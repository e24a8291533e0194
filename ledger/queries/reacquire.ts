import type { Db } from '../open.ts';

export interface ReacquireInput {
  readonly sessionId: string;
  readonly leaseMs: number;
  readonly slackMs: number;
}

export interface Reacquired {
  readonly leaseId: string;
  readonly vectorStoreId: string;
  readonly protected: boolean;
  readonly leftMs: number | null;
  readonly written: boolean;
  readonly files: readonly string[];
  readonly filePaths: readonly string[];
}

export interface ReacquiredRow {
  readonly lease_id: string;
  readonly vector_store_id: string;
  readonly protected: boolean;
  readonly left_ms: number | null;
  readonly written: boolean;
  readonly files: readonly string[] | null;
  readonly file_paths: readonly string[] | null;
}

/**
 * `fresh` answers without a lock when the stored deadline already keeps the promise: only a passed deadline
 * lets anyone else end the lease. Otherwise the row is locked first, and the clock is read after the lock was
 * got, because a clock read before a long wait would promise less than a full lease.
 */
const STATEMENT = {
  name: 'reacquire',
  text: `
WITH fresh AS MATERIALIZED (
  SELECT lease_id, vector_store_id, protected, expires_at, entry_count FROM lease
  WHERE session_id = $1 AND state = 'active'
    AND (protected OR expires_at >= clock_timestamp() + $2 * interval '1 ms')
), written AS (
  UPDATE lease SET
    expires_at = CASE WHEN protected THEN NULL
      ELSE greatest(expires_at, clock_timestamp() + ($2::float8 + $3::float8) * interval '1 ms') END,
    renewed_at = clock_timestamp()
  FROM (
    SELECT lease_id FROM lease
    WHERE session_id = $1 AND state = 'active' AND NOT EXISTS (SELECT FROM fresh)
    FOR UPDATE
  ) AS locked WHERE lease.session_id = $1 AND lease.lease_id = locked.lease_id AND lease.state = 'active'
  RETURNING lease.lease_id, vector_store_id, protected, expires_at, entry_count
), held AS (
  SELECT *, false AS written FROM fresh UNION ALL SELECT *, true FROM written
)
SELECT lease_id, vector_store_id, protected, written,
  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
  CASE WHEN entry_count > 0 THEN (SELECT array_agg(entry ORDER BY position) FROM lease_entry e
    WHERE e.lease_id = held.lease_id AND kind = 'id') END AS files,
  CASE WHEN entry_count > 0 THEN (SELECT array_agg(entry ORDER BY position) FROM lease_entry e
    WHERE e.lease_id = held.lease_id AND kind = 'path') END AS file_paths
FROM held`,
};

export function toReacquired(row: ReacquiredRow): Reacquired {
  return {
    leaseId: row.lease_id,
    vectorStoreId: row.vector_store_id,
    protected: row.protected,
    leftMs: row.left_ms,
    written: row.written,
    files: row.files ?? [],
    filePaths: row.file_paths ?? [],
  };
}

/** Renews the session's active lease and tells what it holds; `undefined` where there is none. */
export async function reacquire(db: Db, input: ReacquireInput): Promise<Reacquired | undefined> {
  const values = [input.sessionId, input.leaseMs, input.slackMs];
  const [row] = await db.rows<ReacquiredRow>(STATEMENT, values);
  return row && toReacquired(row);
}
