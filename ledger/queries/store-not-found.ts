import type { Db } from '../open.ts';
import type { StoreKey } from './hold-store.ts';

const STATEMENT = {
  name: 'store-not-found',
  text: `UPDATE store SET not_found_at = coalesce(not_found_at, clock_timestamp())
WHERE provider = $1 AND base_url = $2 AND store_id = $3 AND state = 'deleting'`,
};

/** Records the first 404 for a store that is too young for one to be proof. */
export async function storeNotFound(db: Db, key: StoreKey): Promise<void> {
  await db.rows(STATEMENT, [key.provider, key.baseUrl, key.storeId]);
}
