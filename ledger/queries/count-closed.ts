import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'count-closed',
  text: `SELECT count(*)::int AS closed FROM lease WHERE lease_id = ANY ($1::uuid[]) AND state = 'closed'`,
};

/** How many of the given leases are closed. */
export async function countClosed(db: Db, leaseIds: readonly string[]): Promise<number> {
  const [row] = await db.rows<{ closed: number }>(STATEMENT, [leaseIds]);
  return row?.closed ?? 0;
}
