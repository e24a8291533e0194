import type { Db } from '../open.ts';

export interface RenewInput {
  readonly sessionId: string;
  /** Fencing: only this lease is renewed; null = whichever is live. */
  readonly leaseId: string | null;
  readonly leaseMs: number;
  readonly slackMs: number;
}

export interface Renewed {
  readonly leaseId: string;
  readonly leftMs: number | null;
  readonly written: boolean;
}

interface Row {
  readonly lease_id: string;
  readonly left_ms: number | null;
  readonly written: boolean;
}

/** Built as `reacquire` is, for the same reasons, without the entries. */
const STATEMENT = {
  name: 'renew',
  text: `
WITH fresh AS MATERIALIZED (
  SELECT lease_id, expires_at FROM lease
  WHERE session_id = $1 AND state = 'active' AND ($4::uuid IS NULL OR lease_id = $4)
    AND (protected OR expires_at >= clock_timestamp() + $2 * interval '1 ms')
), written AS (
  UPDATE lease SET
    expires_at = CASE WHEN protected THEN NULL
      ELSE greatest(expires_at, clock_timestamp() + ($2::float8 + $3::float8) * interval '1 ms') END,
    renewed_at = clock_timestamp()
  FROM (
    SELECT lease_id FROM lease
    WHERE session_id = $1 AND state = 'active' AND ($4::uuid IS NULL OR lease_id = $4)
      AND NOT EXISTS (SELECT FROM fresh)
    FOR UPDATE
  ) AS locked WHERE lease.session_id = $1 AND lease.lease_id = locked.lease_id AND lease.state = 'active'
  RETURNING lease.lease_id, expires_at
), held AS (
  SELECT lease_id, expires_at, false AS written FROM fresh UNION ALL SELECT *, true FROM written
)
SELECT lease_id, written,
  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms FROM held`,
};

/** Extends the active lease to at least a full lease from now; `undefined` where none is active. */
export async function renew(db: Db, input: RenewInput): Promise<Renewed | undefined> {
  const values = [input.sessionId, input.leaseMs, input.slackMs, input.leaseId];
  const [row] = await db.rows<Row>(STATEMENT, values);
  return row && { leaseId: row.lease_id, leftMs: row.left_ms, written: row.written };
}
