import type { Db } from '../open.ts';
import type { StoreKey } from './hold-store.ts';

const STATEMENT = {
  name: 'store-deleted',
  text: `UPDATE store SET state = 'deleted', deleted_at = clock_timestamp()
WHERE provider = $1 AND base_url = $2 AND store_id = $3 AND state IN ('deleting', 'abandoned')`,
};

/** Records the proof that the provider has deleted the store, be it by a delete that was under way when it was given up. */
export async function storeDeleted(db: Db, key: StoreKey): Promise<void> {
  await db.rows(STATEMENT, [key.provider, key.baseUrl, key.storeId]);
}
