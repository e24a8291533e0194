import type { Db } from '../open.ts';
import { ACTIVE } from '../states.ts';
import { BUSY } from '../together.ts';
import { toReacquired, type Reacquired, type ReacquireInput, type ReacquiredRow } from './reacquire.ts';

interface Row extends ReacquiredRow {
  readonly n: number;
  readonly busy: boolean;
}

/** As `reacquire`, for several sessions at once, built as `renew-many` is. */
const STATEMENT = {
  name: 'reacquire-many',
  text: `
WITH seen AS MATERIALIZED (
  SELECT a.n::int AS n, l.lease_id, l.session_id, l.vector_store_id, l.protected, l.entry_count, l.expires_at,
    l.protected OR l.expires_at >= clock_timestamp() + $2 * interval '1 ms' AS fresh
  FROM unnest($1::text[]) WITH ORDINALITY AS a (session_id, n)
  CROSS JOIN LATERAL (
    SELECT * FROM lease WHERE session_id = a.session_id AND state = 'active' OFFSET 0
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
      ELSE greatest(expires_at, clock_timestamp() + ($2::float8 + $3::float8) * interval '1 ms') END,
    renewed_at = clock_timestamp()
  WHERE lease_id = ANY (ARRAY(SELECT lease_id FROM locked)) AND state = $4
  RETURNING lease_id, protected, entry_count, expires_at
), held AS (
  SELECT n, seen.lease_id, vector_store_id, fresh, NOT fresh AND written.lease_id IS NULL AS busy,
    CASE WHEN fresh THEN seen.protected ELSE written.protected END AS protected,
    CASE WHEN fresh THEN seen.entry_count ELSE written.entry_count END AS entry_count,
    CASE WHEN fresh THEN seen.expires_at ELSE written.expires_at END AS expires_at
  FROM seen LEFT JOIN written ON written.lease_id = seen.lease_id
)
SELECT n, lease_id, vector_store_id, protected, busy, NOT fresh AS written,
  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
  CASE WHEN entry_count > 0 THEN (SELECT array_agg(entry ORDER BY position) FROM lease_entry e
    WHERE e.lease_id = held.lease_id AND kind = 'id') END AS files,
  CASE WHEN entry_count > 0 THEN (SELECT array_agg(entry ORDER BY position) FROM lease_entry e
    WHERE e.lease_id = held.lease_id AND kind = 'path') END AS file_paths
FROM held`,
};

/**
 * Renews the active leases of several sessions. In the order of `inputs`: what `reacquire` would answer, or `BUSY`
 * where the row is in somebody's hands. All inputs ask for the same times.
 */
export async function reacquireMany(
  db: Db,
  inputs: readonly ReacquireInput[],
): Promise<readonly (Reacquired | typeof BUSY | undefined)[]> {
  const sessions = inputs.map(({ sessionId }) => sessionId);
  const rows = await db.rows<Row>(STATEMENT, [sessions, inputs[0]?.leaseMs, inputs[0]?.slackMs, ACTIVE]);
  const answers = new Array<Reacquired | typeof BUSY | undefined>(inputs.length);
  for (const row of rows) answers[row.n - 1] = row.busy ? BUSY : toReacquired(row);
  return answers;
}
