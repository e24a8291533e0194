import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'renew-by-seconds',
  text: `
WITH locked AS MATERIALIZED (
  SELECT lease_id FROM lease WHERE lease_id = $1 AND state = 'active' FOR UPDATE
), timed AS MATERIALIZED (
  SELECT lease_id, clock_timestamp() AS now FROM locked
)
UPDATE lease SET renewed_at = timed.now,
  expires_at = CASE WHEN protected THEN NULL ELSE greatest(expires_at, timed.now + $2 * interval '1 ms') END
FROM timed WHERE lease.lease_id = $1 AND lease.lease_id = timed.lease_id AND state = 'active'
RETURNING lease.lease_id`,
};

/** Extends one active lease to at least `ms` from now; never shortens. False when it is not active. */
export async function renewBySeconds(db: Db, leaseId: string, ms: number): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [leaseId, ms]);
  return rows.length === 1;
}
