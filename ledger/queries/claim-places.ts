import { NEARLY_FULL_PLACES, type CapacityRule } from '../../domain/capacity.ts';
import type { Db } from '../open.ts';
import { PLACES } from '../places.ts';
import type { ClaimInput } from './claim.ts';

export interface PlacesWanted {
  readonly accountId: number;
  readonly rule: CapacityRule;
  readonly claimMs: number;
  readonly claims: readonly Pick<ClaimInput, 'leaseId' | 'sessionId' | 'token' | 'protect'>[];
}

export interface PlacesClaimed {
  /** Lease ids of the claims that got a place. */
  readonly leaseIds: readonly string[];
  /** No place is left. */
  readonly full: boolean;
}

/** Shuts the gate and waits for every claim that is passing it; claims that come later wait for us. */
const SHUT = {
  name: 'shut-gate',
  text: `
INSERT INTO capacity_gate (account_id) VALUES ($1)
ON CONFLICT (account_id) DO UPDATE SET open_until = 0`,
};
/** A statement of its own, so that it sees every claim that passed before. */
const STATEMENT = {
  name: 'claim-places',
  text: `
WITH ${PLACES}, used AS MATERIALIZED (
  SELECT count(*)::int AS n FROM place WHERE $2 OR holder <> 'foreign'
), wanted AS MATERIALIZED (
  SELECT w.* FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::boolean[])
      WITH ORDINALITY AS w (lease_id, session_id, token, protected, turn)
    LEFT JOIN LATERAL (
      SELECT true AS here FROM lease WHERE session_id = w.session_id AND state IN ('provisioning', 'active') OFFSET 0
    ) AS live ON true
  WHERE live.here IS NULL
  ORDER BY turn LIMIT (SELECT greatest(0, $3::int - n) FROM used)
), claimed AS (
  INSERT INTO lease (lease_id, session_id, state, account_id, claim_token, protected, claim_until, wake_at)
  SELECT w.lease_id, w.session_id, 'provisioning', $1, w.token, w.protected, until, until
  FROM wanted AS w, LATERAL (SELECT clock_timestamp() + $8 * interval '1 ms' AS until OFFSET 0) AS t
  ON CONFLICT (session_id) WHERE state IN ('provisioning', 'active') DO NOTHING
  RETURNING lease_id
), rest AS MATERIALIZED (
  SELECT $3::int - n - (SELECT count(*)::int FROM claimed) AS free FROM used
), opened AS (
  UPDATE capacity_gate SET store_limit = $3, count_foreign = $2, counted_at = clock_timestamp(),
    run_id = coalesce((SELECT max(run_id) FROM sweep_run r WHERE r.account_id = $1 AND r.valid), 0),
    open_until = CASE WHEN free < $9 THEN 0 ELSE (SELECT last_value FROM claim_ticket) + free / 2 END
  FROM rest WHERE capacity_gate.account_id = $1
)
SELECT ARRAY(SELECT lease_id FROM claimed) AS lease_ids, free <= 0 AS "full" FROM rest`,
};

/**
 * Counts the stores of the account and gives the claims the places that are left, the first ones first. Needs a
 * transaction: the count holds until it ends.
 */
export async function claimPlaces(db: Db, input: PlacesWanted): Promise<PlacesClaimed> {
  const { accountId, rule, claims } = input;
  await db.rows(SHUT, [accountId]);
  const [row] = await db.rows<{ lease_ids: string[]; full: boolean }>(STATEMENT, [
    accountId,
    rule.countForeign,
    rule.storeLimit,
    claims.map((claim) => claim.leaseId),
    claims.map((claim) => claim.sessionId),
    claims.map((claim) => claim.token),
    claims.map((claim) => claim.protect),
    input.claimMs,
    NEARLY_FULL_PLACES,
  ]);
  return { leaseIds: row?.lease_ids ?? [], full: row?.full ?? false };
}
