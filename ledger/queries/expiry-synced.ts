import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'expiry-synced',
  text: `UPDATE lease SET expiry_protected = $2 WHERE lease_id = $1 AND state = 'active'`,
};

/** Records what the provider's own expiry now corresponds to. */
export async function expirySynced(db: Db, leaseId: string, asProtected: boolean): Promise<void> {
  await db.rows(STATEMENT, [leaseId, asProtected]);
}
