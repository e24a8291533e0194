import type { Db } from '../open.ts';

export interface StoreKey {
  readonly provider: string;
  readonly baseUrl: string;
  readonly storeId: string;
}

export interface StoreClaim extends StoreKey {
  readonly accountId: number;
  readonly leaseId: string;
  /** `deleting` makes the row a tombstone: nobody can hold the store any more. */
  readonly state: 'held' | 'deleting';
}

const STATEMENT = {
  name: 'hold-store',
  text: `
INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (provider, base_url, store_id) DO NOTHING RETURNING store_id`,
};

/** Takes the store for a lease; false when anybody holds it, deletes it or proved it deleted. */
export async function holdStore(db: Db, input: StoreClaim): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [
    input.provider,
    input.baseUrl,
    input.storeId,
    input.accountId,
    input.leaseId,
    input.state,
  ]);
  return rows.length === 1;
}
