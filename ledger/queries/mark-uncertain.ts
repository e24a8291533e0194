import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'mark-uncertain',
  text: `UPDATE lease SET uncertain = true WHERE lease_id = $1 AND claim_token = $2 AND state = 'provisioning'
RETURNING lease_id`,
};

/** Records, before anything else is tried, that the create may have taken effect. False: the claim is lost. */
export async function markUncertain(db: Db, leaseId: string, token: string): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [leaseId, token]);
  return rows.length === 1;
}
