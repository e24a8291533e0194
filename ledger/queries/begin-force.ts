import type { Db } from '../open.ts';

export interface ForcedLease {
  readonly leaseId: string;
  /** A store may exist whose id was never learned. */
  readonly uncertain: boolean;
}

/** Only what is stuck, checked on the locked row: a live lease or a drain that works is nobody's to give up. */
const STATEMENT = {
  name: 'begin-force',
  text: `
UPDATE lease SET forced_by = $2, forced_reason = $3
WHERE session_id = $1 AND state = 'draining' AND stuck_at IS NOT NULL
RETURNING lease_id, uncertain`,
};

/** Notes on every stuck lease of the session who gives it up, and why. */
export async function beginForce(
  db: Db,
  force: { readonly sessionId: string; readonly by: string; readonly reason: string },
): Promise<readonly ForcedLease[]> {
  const values = [force.sessionId, force.by, force.reason];
  const rows = await db.rows<{ lease_id: string; uncertain: boolean }>(STATEMENT, values);
  return rows.map((row) => ({ leaseId: row.lease_id, uncertain: row.uncertain }));
}
