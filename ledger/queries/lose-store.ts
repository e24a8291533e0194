import type { Db } from '../open.ts';
import { ACTIVE } from '../states.ts';

const STATEMENT = {
  name: 'lose-store',
  text: `
UPDATE lease SET state = 'draining', end_reason = 'store_lost', ended_at = clock_timestamp(),
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'
WHERE lease_id = $1 AND state = $3 AND vector_store_id = $2
RETURNING lease_id`,
};

/** Ends an active lease whose store is gone at the provider; false where it has ended already. */
export async function loseStore(db: Db, leaseId: string, storeId: string): Promise<boolean> {
  return (await db.rows(STATEMENT, [leaseId, storeId, ACTIVE])).length === 1;
}
