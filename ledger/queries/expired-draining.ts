import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'expired-draining',
  text: `SELECT lease_id FROM lease WHERE state = 'draining' AND end_reason = 'expired'`,
};

/** Leases that have expired and are not yet proven gone. */
export async function expiredDraining(db: Db): Promise<readonly string[]> {
  const rows = await db.rows<{ lease_id: string }>(STATEMENT, []);
  return rows.map((row) => row.lease_id);
}
