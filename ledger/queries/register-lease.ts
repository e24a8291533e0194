import type { Db } from '../open.ts';

export interface RegisterLeaseInput {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly accountId: number;
  readonly storeId: string;
  readonly protect: boolean;
  readonly leaseMs: number;
}

const STATEMENT = {
  name: 'register-lease',
  text: `
INSERT INTO lease (lease_id, session_id, state, account_id, vector_store_id, registered, protected, expiry_protected,
  expires_at, renewed_at, wake_at)
SELECT $1, $2, 'active', $3, $4, true, $5, $5,
  CASE WHEN $5 THEN NULL ELSE now + $6 * interval '1 ms' END, now, now + interval '5 s'
FROM (SELECT clock_timestamp() AS now) AS t
ON CONFLICT (session_id) WHERE state IN ('provisioning', 'active') DO NOTHING
RETURNING lease_id`,
};

/** Makes an active lease for a store that somebody else made; false when the session has a live lease. */
export async function registerLease(db: Db, input: RegisterLeaseInput): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [
    input.leaseId,
    input.sessionId,
    input.accountId,
    input.storeId,
    input.protect,
    input.leaseMs,
  ]);
  return rows.length === 1;
}
