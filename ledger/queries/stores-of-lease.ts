import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'stores-of-lease',
  text: `
UPDATE store SET state = CASE WHEN state = 'deleted' THEN 'deleting' ELSE state END,
  deleted_at = NULL, not_found_at = NULL
WHERE lease_id = $1 AND store_id = ANY ($2::text[]) RETURNING store_id`,
};

/**
 * Which of the listed stores are this lease's. One that is listed although it was recorded as deleted is to be
 * deleted once more.
 */
export async function storesOfLease(
  db: Db,
  leaseId: string,
  storeIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await db.rows<{ store_id: string }>(STATEMENT, [leaseId, storeIds]);
  return rows.map((row) => row.store_id);
}
