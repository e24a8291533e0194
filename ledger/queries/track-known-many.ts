import type { Db } from '../open.ts';
import type { KnownLease, TrackKnownInput } from './track-known.ts';

interface Row {
  readonly n: number;
  readonly lease_id: string;
  readonly left_ms: number | null;
  readonly fresh: boolean;
}

/** As `track-known`, for several calls at once. The entries of a call come as two JSON lists: ids and paths. */
const STATEMENT = {
  name: 'track-known-many',
  text: `
SELECT a.n::int AS n, lease.lease_id,
  (extract(epoch FROM lease.expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
  lease.protected OR lease.expires_at >= clock_timestamp() + $3 * interval '1 ms' AS fresh
FROM unnest($1::text[], $2::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
  AS a (session_id, lease_id, ids, paths, n)
CROSS JOIN LATERAL (
  SELECT * FROM lease WHERE session_id = a.session_id AND state = 'active'
    AND (a.lease_id IS NULL OR lease_id = a.lease_id) OFFSET 0
) AS lease
WHERE NOT EXISTS (
  SELECT FROM (
    SELECT 'id' AS kind, json_array_elements_text(a.ids::json) AS entry
    UNION ALL SELECT 'path', json_array_elements_text(a.paths::json)
  ) AS t WHERE NOT EXISTS (
    SELECT FROM lease_entry e
    WHERE e.lease_id = lease.lease_id AND e.kind = t.kind
      AND e.entry_hash = sha256(convert_to(t.entry, 'UTF8'))))`,
};

/** In the order of `inputs`: what `trackKnown` would answer. All inputs ask for the same time. */
export async function trackKnownMany(
  db: Db,
  inputs: readonly TrackKnownInput[],
): Promise<readonly (KnownLease | undefined)[]> {
  const rows = await db.rows<Row>(STATEMENT, [
    inputs.map(({ sessionId }) => sessionId),
    inputs.map(({ leaseId }) => leaseId),
    inputs[0]?.leaseMs,
    inputs.map(({ fileIds }) => JSON.stringify(fileIds)),
    inputs.map(({ filePaths }) => JSON.stringify(filePaths)),
  ]);
  const answers = new Array<KnownLease | undefined>(inputs.length);
  for (const row of rows) {
    answers[row.n - 1] = { leaseId: row.lease_id, leftMs: row.left_ms, fresh: row.fresh };
  }
  return answers;
}
