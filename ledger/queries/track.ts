import type { Db } from '../open.ts';
import { COMPLETED } from '../states.ts';
import type { RenewInput } from './renew.ts';

export interface Entry {
  readonly kind: 'id' | 'path';
  readonly entry: string;
  /** Row of the provider file; null for paths and for ids no provider could have made. */
  readonly fileKey: string | null;
}

export interface TrackInput extends RenewInput {
  /** Without duplicates, in the caller's order. */
  readonly entries: readonly Entry[];
  readonly maxEntries: number;
}

export interface TrackedRow {
  readonly leaseId: string;
  readonly leftMs: number | null;
  readonly added: number;
  /** True when the lease has no room for the new entries: nothing was changed. */
  readonly full: boolean;
}

interface Row {
  readonly lease_id: string;
  readonly left_ms: number | null;
  readonly added: number;
  readonly full_up: boolean;
}

/**
 * Renews and adds in one statement. The lock comes first, so that tracks of one lease count one after another;
 * `room` counts by the statement's snapshot, so a race at the limit may refuse one entry too early, never accept
 * one too many. An upload that is tracked is in use.
 */
const STATEMENT = {
  name: 'track',
  text: `
WITH wanted AS MATERIALIZED (
  SELECT kind, entry, file_key, n, sha256(convert_to(entry, 'UTF8')) AS entry_hash
  FROM unnest($5::text[], $6::text[], $7::bigint[]) WITH ORDINALITY AS t (kind, entry, file_key, n)
), locked AS MATERIALIZED (
  SELECT lease_id, entry_count FROM lease
  WHERE session_id = $1 AND state = 'active' AND ($4::uuid IS NULL OR lease_id = $4)
  FOR UPDATE
), fresh_entries AS MATERIALIZED (
  SELECT w.* FROM wanted w, locked WHERE NOT EXISTS (
    SELECT FROM lease_entry e
    WHERE e.lease_id = locked.lease_id AND e.kind = w.kind AND e.entry_hash = w.entry_hash)
), roomy AS MATERIALIZED (
  SELECT lease_id, entry_count + (SELECT count(*) FROM fresh_entries) <= $8 AS room FROM locked
), added AS (
  INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key)
  SELECT roomy.lease_id, w.kind, w.entry_hash, w.entry, w.file_key
  FROM fresh_entries w, roomy WHERE roomy.room ORDER BY w.n
  ON CONFLICT DO NOTHING RETURNING 1
), used AS (
  UPDATE provider_file_uploads u SET last_used = clock_timestamp()
  WHERE u.file_key = ANY (ARRAY(SELECT w.file_key FROM fresh_entries w, roomy WHERE roomy.room))
    AND u.upload_status = $9
), written AS (
  UPDATE lease SET
    expires_at = CASE WHEN protected THEN NULL
      ELSE greatest(expires_at, clock_timestamp() + ($2::float8 + $3::float8) * interval '1 ms') END,
    renewed_at = clock_timestamp(),
    entry_count = lease.entry_count + (SELECT count(*) FROM added)
  FROM roomy WHERE lease.session_id = $1 AND lease.lease_id = roomy.lease_id AND lease.state = 'active' AND roomy.room
  RETURNING lease.lease_id, expires_at
), held AS (
  SELECT lease_id, expires_at, false AS full_up FROM written
  UNION ALL SELECT lease_id, NULL, true FROM roomy WHERE NOT room
)
SELECT lease_id, full_up, (SELECT count(*) FROM added)::int AS added,
  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms FROM held`,
};

/** Renews the active lease and adds what it does not track yet; `undefined` where none is active. */
export async function track(db: Db, input: TrackInput): Promise<TrackedRow | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [
    input.sessionId,
    input.leaseMs,
    input.slackMs,
    input.leaseId,
    input.entries.map((entry) => entry.kind),
    input.entries.map((entry) => entry.entry),
    input.entries.map((entry) => entry.fileKey),
    input.maxEntries,
    COMPLETED,
  ]);
  return row && { leaseId: row.lease_id, leftMs: row.left_ms, added: row.added, full: row.full_up };
}
