import type { Db } from '../open.ts';

export interface TrackKnownInput {
  readonly sessionId: string;
  /** Fencing: only this lease; null = whichever is live. */
  readonly leaseId: string | null;
  readonly leaseMs: number;
  readonly fileIds: readonly string[];
  readonly filePaths: readonly string[];
}

export interface KnownLease {
  readonly leaseId: string;
  readonly leftMs: number | null;
  /** Whether it needs no renewal now. */
  readonly fresh: boolean;
}

/**
 * Most calls repeat what is tracked already. No file has to be locked then, because a file that a live lease holds
 * is not deleted; and no row, where the stored deadline keeps the promise. It stops at the first unknown entry.
 */
const STATEMENT = {
  name: 'track-known',
  text: `
SELECT lease_id, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
  protected OR expires_at >= clock_timestamp() + $3 * interval '1 ms' AS fresh
FROM lease
WHERE session_id = $1 AND state = 'active' AND ($2::uuid IS NULL OR lease_id = $2)
  AND NOT EXISTS (
    SELECT FROM unnest($4::text[], $5::text[]) AS t (kind, entry) WHERE NOT EXISTS (
      SELECT FROM lease_entry e
      WHERE e.lease_id = lease.lease_id AND e.kind = t.kind
        AND e.entry_hash = sha256(convert_to(t.entry, 'UTF8'))))`,
};

/** The active lease if it tracks all of this, else `undefined`. */
export async function trackKnown(db: Db, input: TrackKnownInput): Promise<KnownLease | undefined> {
  const { sessionId, leaseId, leaseMs, fileIds, filePaths } = input;
  const kinds = [...fileIds.map(() => 'id'), ...filePaths.map(() => 'path')];
  const values = [sessionId, leaseId, leaseMs, kinds, [...fileIds, ...filePaths]];
  const [row] = await db.rows<{ lease_id: string; left_ms: number | null; fresh: boolean }>(
    STATEMENT,
    values,
  );
  return row && { leaseId: row.lease_id, leftMs: row.left_ms, fresh: row.fresh };
}
