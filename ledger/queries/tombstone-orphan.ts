import type { Db } from '../open.ts';
import { ACTIVE, CLOSED } from '../states.ts';
import type { StoreKey } from './hold-store.ts';

/**
 * The tagged lease is locked and looked at once more, and the store's row is the arbiter against whoever holds,
 * adopts or registers the store at the same time. The row is as old as the store, because a 404 for a young one
 * proves nothing.
 */
const STATEMENT = {
  name: 'tombstone-orphan',
  text: `
WITH tagged AS MATERIALIZED (
  SELECT lease_id FROM lease
  WHERE lease_id = $4 AND (state = $7 OR (state = $8 AND vector_store_id <> $3)) FOR UPDATE
)
INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state, delete_reason, created_at)
SELECT $1, $2, $3, $5, lease_id, 'deleting', $6, least(clock_timestamp(), coalesce(
  (SELECT created_at FROM listed_store WHERE account_id = $5 AND store_id = $3), clock_timestamp()))
FROM tagged
ON CONFLICT (provider, base_url, store_id) DO NOTHING RETURNING store_id`,
};

/** Marks an orphan for deletion; false where it is one no longer. */
export async function tombstoneOrphan(
  db: Db,
  orphan: StoreKey & { readonly leaseId: string; readonly accountId: number; readonly reason: string },
): Promise<boolean> {
  const { provider, baseUrl, storeId, leaseId, accountId, reason } = orphan;
  const values = [provider, baseUrl, storeId, leaseId, accountId, reason, CLOSED, ACTIVE];
  return (await db.rows(STATEMENT, values)).length === 1;
}
