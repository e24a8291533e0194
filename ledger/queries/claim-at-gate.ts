import type { CapacityRule } from '../../domain/capacity.ts';
import type { Db } from '../open.ts';
import type { ClaimInput } from './claim.ts';

/** `taken`: the session has a live lease. `shut`: the account's stores have to be counted first. */
export type AtGate = 'claimed' | 'taken' | 'shut';

/**
 * The gate's row is locked before its numbers are believed: a claim that waited for somebody's count is checked
 * against what that count wrote. The lock is shared, so claims do not wait for one another. A ticket drawn in vain
 * does no harm: the next count comes a little earlier. A count is good for five minutes, because stores also come
 * by register, and for no longer than the listing it was made with.
 */
const STATEMENT = {
  name: 'claim-at-gate',
  text: `
WITH gate AS MATERIALIZED (
  SELECT account_id FROM capacity_gate g
  WHERE account_id = $3 AND store_limit = $7 AND count_foreign = $8
    AND counted_at > clock_timestamp() - interval '5 min' AND nextval('claim_ticket') <= open_until
    AND NOT EXISTS (SELECT FROM sweep_run r WHERE r.account_id = $3 AND r.run_id > g.run_id AND r.valid)
  FOR SHARE
), claimed AS (
  INSERT INTO lease (lease_id, session_id, state, account_id, claim_token, protected, claim_until, wake_at)
  SELECT $1, $2, 'provisioning', account_id, $4, $5, until, until
  FROM gate, LATERAL (SELECT clock_timestamp() + $6 * interval '1 ms' AS until OFFSET 0) AS t
  ON CONFLICT (session_id) WHERE state IN ('provisioning', 'active') DO NOTHING
  RETURNING lease_id
)
SELECT CASE WHEN EXISTS (SELECT FROM claimed) THEN 'claimed' WHEN EXISTS (SELECT FROM gate) THEN 'taken'
  ELSE 'shut' END AS outcome`,
};

/** As `claim`, where the account is far from full; one statement, however many stores there are. */
export async function claimAtGate(db: Db, input: ClaimInput, rule: CapacityRule): Promise<AtGate> {
  const [row] = await db.rows<{ outcome: AtGate }>(STATEMENT, [
    input.leaseId,
    input.sessionId,
    input.accountId,
    input.token,
    input.protect,
    input.claimMs,
    rule.storeLimit,
    rule.countForeign,
  ]);
  return row?.outcome ?? 'shut';
}
