import type { Db } from '../open.ts';

export interface SetProtectedInput {
  readonly sessionId: string;
  readonly protect: boolean;
  readonly leaseMs: number;
}

/** Nothing is written where the lease already is as wished; unprotecting gives a full TTL from under the lock. */
const STATEMENT = {
  name: 'set-protected',
  text: `
WITH locked AS MATERIALIZED (
  SELECT lease_id, protected FROM lease WHERE session_id = $1 AND state = 'active' FOR UPDATE
), timed AS MATERIALIZED (
  SELECT lease_id, protected, clock_timestamp() AS now FROM locked
), written AS (
  UPDATE lease SET protected = $2, renewed_at = timed.now,
    expires_at = CASE WHEN $2 THEN NULL ELSE timed.now + $3 * interval '1 ms' END,
    wanted_version = wanted_version + 1, changed_at = timed.now, wake_at = timed.now + interval '5 s'
  FROM timed
  WHERE lease.lease_id = timed.lease_id AND state = 'active' AND timed.protected <> $2
  RETURNING lease.lease_id
)
SELECT lease_id, EXISTS (SELECT FROM written) AS changed FROM locked`,
};

/** Protects or unprotects the active lease; `undefined` where none is active. */
export async function setProtected(
  db: Db,
  input: SetProtectedInput,
): Promise<{ readonly leaseId: string; readonly changed: boolean } | undefined> {
  const [row] = await db.rows<{ lease_id: string; changed: boolean }>(STATEMENT, [
    input.sessionId,
    input.protect,
    input.leaseMs,
  ]);
  return row && { leaseId: row.lease_id, changed: row.changed };
}
