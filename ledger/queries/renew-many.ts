import type { Db } from '../open.ts';
import { ACTIVE } from '../states.ts';
import { BUSY } from '../together.ts';
import type { Renewed, RenewInput } from './renew.ts';

interface Row {
  readonly n: number;
  readonly lease_id: string;
  readonly left_ms: number | null;
  readonly written: boolean;
  readonly busy: boolean;
}

/**
 * As `renew`, for several leases at once. It takes the locks that are free and waits for none, so that no call
 * waits for the row of another and no two of these statements can wait for each other.
 */
const STATEMENT = {
  name: 'renew-many',
  text: `
WITH seen AS MATERIALIZED (
  SELECT a.n::int AS n, l.lease_id, l.session_id, l.expires_at,
    l.protected OR l.expires_at >= clock_timestamp() + $3 * interval '1 ms' AS fresh
  FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS a (session_id, lease_id, n)
  CROSS JOIN LATERAL (
    SELECT * FROM lease WHERE session_id = a.session_id AND state = 'active'
      AND (a.lease_id IS NULL OR lease_id = a.lease_id) OFFSET 0
  ) AS l
), locked AS MATERIALIZED (
  SELECT l.lease_id FROM seen CROSS JOIN LATERAL (
    SELECT lease_id FROM lease
    WHERE session_id = seen.session_id AND lease_id = seen.lease_id AND state = 'active'
    FOR NO KEY UPDATE SKIP LOCKED
  ) AS l WHERE NOT seen.fresh
), written AS (
  UPDATE lease SET
    expires_at = CASE WHEN protected THEN NULL
      ELSE greatest(expires_at, clock_timestamp() + ($3::float8 + $4::float8) * interval '1 ms') END,
    renewed_at = clock_timestamp()
  WHERE lease_id = ANY (ARRAY(SELECT lease_id FROM locked)) AND state = $5
  RETURNING lease_id, expires_at
)
SELECT n, seen.lease_id, NOT fresh AS written, NOT fresh AND written.lease_id IS NULL AS busy,
  (extract(epoch FROM CASE WHEN fresh THEN seen.expires_at ELSE written.expires_at END
    - clock_timestamp()) * 1000)::float8 AS left_ms
FROM seen LEFT JOIN written ON written.lease_id = seen.lease_id`,
};

/**
 * Extends several active leases to at least a full lease from now. In the order of `inputs`: what `renew` would
 * answer, or `BUSY` where the row is in somebody's hands. All inputs ask for the same times.
 */
export async function renewMany(
  db: Db,
  inputs: readonly RenewInput[],
): Promise<readonly (Renewed | typeof BUSY | undefined)[]> {
  const rows = await db.rows<Row>(STATEMENT, [
    inputs.map(({ sessionId }) => sessionId),
    inputs.map(({ leaseId }) => leaseId),
    inputs[0]?.leaseMs,
    inputs[0]?.slackMs,
    ACTIVE,
  ]);
  const answers = new Array<Renewed | typeof BUSY | undefined>(inputs.length);
  for (const { n, lease_id: leaseId, left_ms: leftMs, written, busy } of rows) {
    answers[n - 1] = busy ? BUSY : { leaseId, leftMs, written };
  }
  return answers;
}
