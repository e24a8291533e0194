import type { Db } from '../open.ts';

export interface TakenClaim {
  readonly leaseId: string;
  readonly sessionId: string;
  /** The account that the claim was made in; it stays the lease's. */
  readonly accountId: number;
  readonly protected: boolean;
  readonly createdAtMs: number;
}

interface Row {
  readonly lease_id: string;
  readonly session_id: string;
  readonly account_id: number;
  readonly protected: boolean;
  readonly created_at_ms: number;
}

/**
 * A new token fences off whoever held the claim before. The create may have reached the provider, so the lease
 * is uncertain from here on.
 */
const STATEMENT = {
  name: 'take-over-claim',
  text: `
WITH locked AS MATERIALIZED (
  SELECT lease_id FROM lease
  WHERE lease_id = $1 AND state = 'provisioning' AND claim_until < clock_timestamp()
  FOR UPDATE
), timed AS MATERIALIZED (
  SELECT lease_id, clock_timestamp() + $3 * interval '1 ms' AS until FROM locked
)
UPDATE lease SET claim_token = $2, claim_until = until, wake_at = until, uncertain = true
FROM timed WHERE lease.lease_id = $1 AND lease.lease_id = timed.lease_id AND state = 'provisioning'
RETURNING lease.lease_id, session_id, account_id, protected,
  (extract(epoch FROM created_at) * 1000)::float8 AS created_at_ms`,
};

/** Takes over a claim that ran out; `undefined` when it has not, or somebody else was faster. */
export async function takeOverClaim(
  db: Db,
  input: { readonly leaseId: string; readonly token: string; readonly claimMs: number },
): Promise<TakenClaim | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [input.leaseId, input.token, input.claimMs]);
  if (row === undefined) return undefined;
  return {
    leaseId: row.lease_id,
    sessionId: row.session_id,
    accountId: row.account_id,
    protected: row.protected,
    createdAtMs: row.created_at_ms,
  };
}
