import type { EndReason, Lease, LeaseState } from '../domain/lease.ts';

/** A lease row as {@link LEASE_COLUMNS} selects it; times are epoch milliseconds. */
export interface LeaseRow {
  readonly lease_id: string;
  readonly session_id: string;
  readonly state: LeaseState;
  readonly account_id: number;
  readonly vector_store_id: string | null;
  readonly registered: boolean;
  readonly protected: boolean;
  readonly expires_at_ms: number | null;
  readonly left_ms: number | null;
  readonly created_at_ms: number;
  readonly renewed_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly end_reason: EndReason | null;
  readonly uncertain: boolean;
  readonly stuck_at_ms: number | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly next_try_at_ms: number | null;
  readonly waits_for: string | null;
}

/** Selects a lease for {@link toLease}; the row's table or alias must be called `lease`. */
export const LEASE_COLUMNS = `
  lease.lease_id, lease.session_id, lease.state, lease.account_id, lease.vector_store_id, lease.registered,
  lease.protected, lease.end_reason, lease.uncertain, lease.last_error,
  greatest(lease.attempts, lease.file_attempts) AS attempts, lease.waits_for,
  (extract(epoch FROM lease.expires_at) * 1000)::float8 AS expires_at_ms,
  (extract(epoch FROM lease.expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
  (extract(epoch FROM lease.created_at) * 1000)::float8 AS created_at_ms,
  (extract(epoch FROM lease.renewed_at) * 1000)::float8 AS renewed_at_ms,
  (extract(epoch FROM lease.ended_at) * 1000)::float8 AS ended_at_ms,
  (extract(epoch FROM lease.stuck_at) * 1000)::float8 AS stuck_at_ms,
  (extract(epoch FROM lease.next_try_at) * 1000)::float8 AS next_try_at_ms`;

/** ISO 8601 in UTC of epoch milliseconds. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The domain's lease of a row. */
export function toLease(row: LeaseRow): Lease {
  return {
    leaseId: row.lease_id,
    sessionId: row.session_id,
    state: row.state,
    accountId: row.account_id,
    vectorStoreId: row.vector_store_id,
    registered: row.registered,
    protected: row.protected,
    expiresAtMs: row.expires_at_ms,
    leftMs: row.left_ms,
    createdAtMs: row.created_at_ms,
    renewedAtMs: row.renewed_at_ms,
    endedAtMs: row.ended_at_ms,
    endReason: row.end_reason,
    uncertain: row.uncertain,
    waitsFor: row.waits_for,
    stuck:
      row.stuck_at_ms === null
        ? null
        : {
            since: isoTime(row.stuck_at_ms),
            attempts: row.attempts,
            lastError: row.last_error ?? '',
            nextTryAt: row.next_try_at_ms === null ? null : isoTime(row.next_try_at_ms),
          },
  };
}
