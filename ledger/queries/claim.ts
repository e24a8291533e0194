import type { Db } from '../open.ts';

export interface ClaimInput {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly accountId: number;
  readonly token: string;
  readonly claimMs: number;
  readonly protect: boolean;
}

/**
 * The partial unique index on live leases decides who of many claimants wins. A ticket is drawn here too: a gate that
 * was opened under a limit must not let pass more, when that limit holds again, than it had places for.
 */
const STATEMENT = {
  name: 'claim',
  text: `
INSERT INTO lease (lease_id, session_id, state, account_id, claim_token, protected, claim_until, wake_at)
SELECT $1, $2, 'provisioning', $3, $4, $5, until, until
FROM (SELECT clock_timestamp() + $6 * interval '1 ms' AS until, nextval('claim_ticket')) AS t
ON CONFLICT (session_id) WHERE state IN ('provisioning', 'active') DO NOTHING
RETURNING lease_id`,
};

/** Records the intent to make a store for the session; false when the session already has a live lease. */
export async function claim(db: Db, input: ClaimInput): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [
    input.leaseId,
    input.sessionId,
    input.accountId,
    input.token,
    input.protect,
    input.claimMs,
  ]);
  return rows.length === 1;
}
