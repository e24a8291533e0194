import type { Db } from '../open.ts';

export interface ListedStore {
  readonly storeId: string;
  /** The provider had said before that it is deleted, or not found. */
  readonly denied: boolean;
}

interface Row {
  readonly store_id: string;
  readonly denied: boolean;
}

const STATEMENT = {
  name: 'stores-of-lease',
  text: `
WITH listed AS MATERIALIZED (
  SELECT provider, base_url, store_id, state = 'deleted' OR not_found_at IS NOT NULL AS denied
  FROM store WHERE lease_id = $1 AND store_id = ANY ($2::text[])
  ORDER BY store_id FOR UPDATE
), back AS (
  UPDATE store SET deleted_at = NULL, not_found_at = NULL,
    state = CASE WHEN store.state = 'deleted' THEN 'deleting' ELSE store.state END
  FROM listed WHERE denied AND store.provider = listed.provider AND store.base_url = listed.base_url
    AND store.store_id = listed.store_id
)
SELECT store_id, denied FROM listed`,
};

/**
 * Which of the listed stores are this lease's. One that is listed although it was taken for deleted is to be
 * deleted once more.
 */
export async function storesOfLease(
  db: Db,
  leaseId: string,
  storeIds: readonly string[],
): Promise<readonly ListedStore[]> {
  const rows = await db.rows<Row>(STATEMENT, [leaseId, storeIds]);
  return rows.map((row) => ({ storeId: row.store_id, denied: row.denied }));
}
