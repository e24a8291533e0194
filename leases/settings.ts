import type { ProofSettings } from '../deletion/deps.ts';

/** The numbers the room works with, made from the configuration by the composition roots. */
export interface LeaseSettings extends ProofSettings {
  readonly instanceId: string;
  readonly leaseSeconds: number;
  /** An acquire that is not settled by then is answered `ACQUIRE_TIMEOUT`. */
  readonly acquireTimeoutMs: number;
  /** Deadline of one create at the provider. */
  readonly createDeadlineMs: number;
  /** A claim outlives its create's deadline by this much. */
  readonly claimMarginMs: number;
  /** A claim nobody settled for this long goes to draining. */
  readonly claimGiveUpMs: number;
  readonly storeExpiresAfterDays: number;
  /** Vector stores that an account may hold; 0 = no limit. */
  readonly maxVectorStores: number;
  /** Whether stores that are not ours count against that. */
  readonly countForeignStores: boolean;
  /** Leases that fell due while no api was there are spared this much longer; 0 = off. */
  readonly outageGraceMs: number;
  readonly stuckAfterMs: number;
  readonly stuckRetryMs: number;
  /** Least time between two of the empty listings that an uncertain lease needs. */
  readonly listingGapMs: number;
  /** Deletions of files under way at once within one pass. */
  readonly fileConcurrency: number;
  /** Longest a pass over files works before it hands back. */
  readonly passBudgetMs: number;
  readonly auditRetentionDays: number;
  /** Orphans younger than this are left alone. */
  readonly orphanMinAgeMs: number;
  /** `tracked`: files that are only attached to a lease's store are neither looked for nor deleted. */
  readonly deleteAttachedFiles: 'owned' | 'tracked';
}

/** The configuration this room uses, under the names of the environment. */
export interface LeaseConfig {
  readonly LEASE_SECONDS: number;
  readonly ACQUIRE_TIMEOUT_SECONDS: number;
  readonly PROVIDER_CREATE_TIMEOUT_SECONDS: number;
  readonly PROVIDER_TIMEOUT_SECONDS: number;
  readonly PROVIDER_CONCURRENCY: number;
  readonly CLAIM_MARGIN_SECONDS: number;
  readonly CLAIM_GIVE_UP_SECONDS: number;
  readonly VECTOR_STORE_EXPIRES_AFTER_DAYS: number;
  readonly MAX_VECTOR_STORES: number;
  readonly COUNT_FOREIGN_STORES: boolean;
  readonly OUTAGE_GRACE_SECONDS: number;
  readonly STUCK_AFTER_SECONDS: number;
  readonly STUCK_RETRY_MINUTES: number;
  readonly CONFIRM_GONE_SECONDS: number;
  readonly YOUNG_OBJECT_SECONDS: number;
  readonly AUDIT_RETENTION_DAYS: number;
  readonly ORPHAN_MIN_AGE_SECONDS?: number;
  readonly DELETE_ATTACHED_FILES: 'owned' | 'tracked';
}

/** A full listing may take many pages: it gets this many times the deadline of one call. */
const LISTING_CALLS = 2;
/** Below the ten minutes an activity may take, with room for the last page of files. */
const PASS_BUDGET_MS = 5 * 60_000;
/** Longer than any create takes to be settled, and time for a person to object. */
const ORPHAN_MIN_AGE_SECONDS = 3_600;

/** The room's settings from the configuration and the installation's id. */
export function leaseSettings(config: LeaseConfig, instanceId: string): LeaseSettings {
  const ms = (seconds: number): number => seconds * 1000;
  return {
    instanceId,
    leaseSeconds: config.LEASE_SECONDS,
    acquireTimeoutMs: ms(config.ACQUIRE_TIMEOUT_SECONDS),
    createDeadlineMs: ms(config.PROVIDER_CREATE_TIMEOUT_SECONDS),
    claimMarginMs: ms(config.CLAIM_MARGIN_SECONDS),
    claimGiveUpMs: ms(config.CLAIM_GIVE_UP_SECONDS),
    providerDeadlineMs: ms(config.PROVIDER_TIMEOUT_SECONDS),
    listingDeadlineMs: LISTING_CALLS * ms(config.PROVIDER_TIMEOUT_SECONDS),
    storeExpiresAfterDays: config.VECTOR_STORE_EXPIRES_AFTER_DAYS,
    maxVectorStores: config.MAX_VECTOR_STORES,
    countForeignStores: config.COUNT_FOREIGN_STORES,
    outageGraceMs: ms(config.OUTAGE_GRACE_SECONDS),
    stuckAfterMs: ms(config.STUCK_AFTER_SECONDS),
    stuckRetryMs: ms(config.STUCK_RETRY_MINUTES * 60),
    confirmGoneMs: ms(config.CONFIRM_GONE_SECONDS),
    youngObjectMs: ms(config.YOUNG_OBJECT_SECONDS),
    listingGapMs: ms(config.CONFIRM_GONE_SECONDS),
    fileConcurrency: config.PROVIDER_CONCURRENCY,
    passBudgetMs: PASS_BUDGET_MS,
    auditRetentionDays: config.AUDIT_RETENTION_DAYS,
    orphanMinAgeMs: ms(
      config.ORPHAN_MIN_AGE_SECONDS ?? Math.max(ORPHAN_MIN_AGE_SECONDS, 2 * config.LEASE_SECONDS),
    ),
    deleteAttachedFiles: config.DELETE_ATTACHED_FILES,
  };
}
