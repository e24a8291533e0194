import type { EndReason, LeaseState } from '../../domain/lease.ts';
import type { Db } from '../open.ts';
import type { DrainPart } from './drain-failed.ts';

export interface DrainState {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly state: LeaseState;
  readonly accountId: number;
  readonly letGo: boolean;
  readonly registered: boolean;
  readonly protected: boolean;
  readonly endReason: EndReason | null;
  readonly uncertain: boolean;
  readonly emptyListings: number;
  /** Milliseconds since the last listing that counted; null before the first. */
  readonly listingAgeMs: number | null;
  readonly createdAtMs: number;
  /** Failed passes in a row, of each part by itself. */
  readonly attempts: Readonly<Record<DrainPart, number>>;
  /** Milliseconds since the first of them; null while nothing fails. */
  readonly failingForMs: Readonly<Record<DrainPart, number | null>>;
  /** Milliseconds until the next try is due; 0 = now. */
  readonly waitMs: number;
  readonly stuck: boolean;
  readonly vectorStoreId: string | null;
}

interface Row {
  readonly lease_id: string;
  readonly session_id: string;
  readonly state: LeaseState;
  readonly account_id: number;
  readonly let_go: boolean;
  readonly registered: boolean;
  readonly protected: boolean;
  readonly end_reason: EndReason | null;
  readonly uncertain: boolean;
  readonly empty_listings: number;
  readonly listing_age_ms: number | null;
  readonly created_at_ms: number;
  readonly attempts: number;
  readonly file_attempts: number;
  readonly failing_for_ms: number | null;
  readonly files_failing_for_ms: number | null;
  readonly wait_ms: number;
  readonly stuck: boolean;
  readonly vector_store_id: string | null;
}

const STATEMENT = {
  name: 'drain-state',
  text: `
SELECT lease_id, session_id, state, account_id, let_go, registered, protected, end_reason, uncertain, attempts,
  file_attempts, empty_listings, vector_store_id, stuck_at IS NOT NULL AS stuck,
  (extract(epoch FROM clock_timestamp() - last_listing_at) * 1000)::float8 AS listing_age_ms,
  (extract(epoch FROM created_at) * 1000)::float8 AS created_at_ms,
  (extract(epoch FROM clock_timestamp() - failing_since) * 1000)::float8 AS failing_for_ms,
  (extract(epoch FROM clock_timestamp() - files_failing_since) * 1000)::float8 AS files_failing_for_ms,
  greatest(0, coalesce((extract(epoch FROM next_try_at - clock_timestamp()) * 1000)::float8, 0)) AS wait_ms
FROM lease WHERE lease_id = $1`,
};

/** What a pass over a lease has to know before it begins. */
export async function drainState(db: Db, leaseId: string): Promise<DrainState | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [leaseId]);
  if (row === undefined) return undefined;
  return {
    leaseId: row.lease_id,
    sessionId: row.session_id,
    state: row.state,
    accountId: row.account_id,
    letGo: row.let_go,
    registered: row.registered,
    protected: row.protected,
    endReason: row.end_reason,
    uncertain: row.uncertain,
    emptyListings: row.empty_listings,
    listingAgeMs: row.listing_age_ms,
    createdAtMs: row.created_at_ms,
    attempts: { files: row.file_attempts, stores: row.attempts },
    failingForMs: { files: row.files_failing_for_ms, stores: row.failing_for_ms },
    waitMs: row.wait_ms,
    stuck: row.stuck,
    vectorStoreId: row.vector_store_id,
  };
}
