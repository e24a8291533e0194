/** The states of a lease, as `docs/architecture.md` describes them. */
export const LEASE_STATES = ['provisioning', 'active', 'draining', 'closed'] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

/** Why a lease left `active` or `provisioning`. */
export const END_REASONS = [
  'expired',
  'released',
  'cancelled',
  'nuked',
  'refused',
  'gave_up',
  'forced',
  'store_lost',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** The mark on a draining lease whose deletions keep failing. Times are ISO 8601, UTC. */
export interface StuckMark {
  readonly since: string;
  readonly attempts: number;
  /** At most 240 characters, never holding a secret. */
  readonly lastError: string;
  readonly nextTryAt: string | null;
}

/** What an operator gave up of one lease and nobody has proved gone since. */
export interface Abandoned {
  readonly leaseId: string;
  readonly storeIds: readonly string[];
  readonly fileIds: readonly string[];
  readonly by: string;
  readonly reason: string;
  /** ISO 8601, UTC; null while it is under way. */
  readonly at: string | null;
}

/** A lease as the ledger tells it. Times are epoch milliseconds; `null` where there is none. */
export interface Lease {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly state: LeaseState;
  readonly accountId: number;
  readonly vectorStoreId: string | null;
  readonly registered: boolean;
  readonly protected: boolean;
  readonly expiresAtMs: number | null;
  /** Milliseconds between the database's clock and `expiresAtMs`; `null` without a deadline. */
  readonly leftMs: number | null;
  readonly createdAtMs: number;
  readonly renewedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly endReason: EndReason | null;
  readonly uncertain: boolean;
  /** What a draining lease waits for although nothing failed; `null` where it does not. */
  readonly waitsFor: string | null;
  readonly stuck: StuckMark | null;
}
