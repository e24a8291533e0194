import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'abandon-stores',
  text: `
UPDATE store SET state = 'abandoned', abandoned_at = clock_timestamp()
WHERE lease_id = $1 AND state IN ('held', 'deleting')`,
};

/** Gives up the stores of a lease, in the transaction that closes it. */
export async function abandonStores(db: Db, leaseId: string): Promise<void> {
  await db.rows(STATEMENT, [leaseId]);
}
