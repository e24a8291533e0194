import type { Db } from '../open.ts';
import { LIVE } from '../states.ts';

export interface NukedLease {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly hasStore: boolean;
}

/** Locked in one order, so that two of these cannot wait for each other in a ring. */
const STATEMENT = {
  name: 'nuke-leases',
  text: `
UPDATE lease SET state = 'draining', uncertain = uncertain OR state = 'provisioning', end_reason = 'nuked',
  let_go = registered AND NOT $1, ended_at = clock_timestamp(),
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'
WHERE lease_id IN (SELECT lease_id FROM lease WHERE state IN ('provisioning', 'active')
    ORDER BY lease_id LIMIT $2 FOR UPDATE)
  AND state = ANY ($3::text[])
RETURNING lease_id, session_id, vector_store_id IS NOT NULL AND NOT let_go AS has_store`,
};

/** Ends at most `limit` live leases, protected ones too. */
export async function nukeLeases(db: Db, registered: boolean, limit: number): Promise<readonly NukedLease[]> {
  const rows = await db.rows<{ lease_id: string; session_id: string; has_store: boolean }>(STATEMENT, [
    registered,
    limit,
    LIVE,
  ]);
  return rows.map((row) => ({
    leaseId: row.lease_id,
    sessionId: row.session_id,
    hasStore: row.has_store,
  }));
}
