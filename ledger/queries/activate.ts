import type { Db } from '../open.ts';

export interface ActivateInput {
  readonly leaseId: string;
  readonly token: string;
  readonly storeId: string;
  readonly leaseMs: number;
  readonly provider: string;
  readonly baseUrl: string;
}

export interface Activated {
  readonly protected: boolean;
  readonly leftMs: number | null;
}

/**
 * The store's row is the arbiter against a tombstone: its insert fails where anybody holds or deletes that
 * store, and then the lease stays as it is. A first acquire stores no slack.
 */
const STATEMENT = {
  name: 'activate',
  text: `
WITH locked AS MATERIALIZED (
  SELECT lease_id, account_id FROM lease
  WHERE lease_id = $1 AND claim_token = $2 AND state = 'provisioning' FOR UPDATE
), held AS (
  INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state)
  SELECT $5, $6, $3, account_id, lease_id, 'held' FROM locked
  ON CONFLICT (provider, base_url, store_id) DO NOTHING RETURNING lease_id
), timed AS MATERIALIZED (
  SELECT lease_id, clock_timestamp() AS now FROM held
)
UPDATE lease SET state = 'active', vector_store_id = $3,
  expires_at = CASE WHEN protected THEN NULL ELSE timed.now + $4 * interval '1 ms' END,
  renewed_at = timed.now, expiry_protected = protected, claim_until = NULL,
  wanted_version = wanted_version + 1, changed_at = timed.now, wake_at = timed.now + interval '5 s'
FROM timed WHERE lease.lease_id = $1 AND lease.lease_id = timed.lease_id AND claim_token = $2 AND state = 'provisioning'
RETURNING protected, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms`,
};

/** Makes the claimed lease usable; `undefined` is definite: the claim was lost or the store is taken. */
export async function activate(db: Db, input: ActivateInput): Promise<Activated | undefined> {
  const [row] = await db.rows<{ protected: boolean; left_ms: number | null }>(STATEMENT, [
    input.leaseId,
    input.token,
    input.storeId,
    input.leaseMs,
    input.provider,
    input.baseUrl,
  ]);
  return row && { protected: row.protected, leftMs: row.left_ms };
}
