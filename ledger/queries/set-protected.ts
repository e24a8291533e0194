import type { Db } from '../open.ts';

export interface SetProtectedInput {
  readonly sessionId: string;
  /** Fencing: only this lease; null = whichever is live. */
  readonly leaseId: string | null;
  readonly protect: boolean;
  readonly leaseMs: number;
}

/**
 * Unprotecting gives a full TTL from under the lock, also to a lease that was not protected: who is answered with
 * success may rely on it. Only a real change is told to the workflow.
 */
const STATEMENT = {
  name: 'set-protected',
  text: `
WITH locked AS MATERIALIZED (
  SELECT lease_id, protected FROM lease
  WHERE session_id = $1 AND state = 'active' AND ($4::uuid IS NULL OR lease_id = $4) FOR UPDATE
), timed AS MATERIALIZED (
  SELECT lease_id, protected <> $2 AS changes, clock_timestamp() AS now FROM locked
), written AS (
  UPDATE lease SET protected = $2, renewed_at = timed.now,
    expires_at = CASE WHEN NOT $2 THEN greatest(expires_at, timed.now + $3 * interval '1 ms') END,
    wanted_version = CASE WHEN changes THEN wanted_version + 1 ELSE wanted_version END,
    changed_at = CASE WHEN changes THEN timed.now ELSE changed_at END,
    wake_at = CASE WHEN changes THEN timed.now + interval '5 s' ELSE wake_at END
  FROM timed
  WHERE lease.session_id = $1 AND lease.lease_id = timed.lease_id AND state = 'active' AND (changes OR NOT $2)
)
SELECT lease_id, changes AS changed FROM timed`,
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
    input.leaseId,
  ]);
  return row && { leaseId: row.lease_id, changed: row.changed };
}
