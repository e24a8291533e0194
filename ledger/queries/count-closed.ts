import type { Db } from '../open.ts';
import { CLOSED } from '../states.ts';

const STATEMENT = {
  name: 'count-closed',
  text: `SELECT count(*)::int AS closed FROM lease WHERE lease_id = ANY ($1::uuid[]) AND state = $2`,
};

/** How many of the given leases are closed. */
export async function countClosed(db: Db, leaseIds: readonly string[]): Promise<number> {
  const [row] = await db.rows<{ closed: number }>(STATEMENT, [leaseIds, CLOSED]);
  return row?.closed ?? 0;
}
