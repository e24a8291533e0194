import type { ProofSettings } from '../deletion/deps.ts';

/** The numbers the room works with, made from the configuration by the composition roots. */
export interface FileSettings extends ProofSettings {
  /** Lower case, without dots. */
  readonly allowedExtensions: readonly string[];
  /** From the end of the reception to the answer. */
  readonly uploadTimeoutMs: number;
  /** Uploads to providers at once, of this process. */
  readonly maxConcurrentUploads: number;
  /** How long an upload waits for its turn before it is answered `UPLOADS_BUSY`. */
  readonly slotWaitMs: number;
  readonly dedupe: boolean;
  /** A hit whose file was not seen at the provider for this long is asked for first. */
  readonly verifyAfterMs: number;
  /** Bytes of live uploads that one user may have, and of one file of a user. */
  readonly userQuotaBytes: number;
  readonly maxUserFileBytes: number;
  readonly retentionDays: number;
  readonly failedRetentionDays: number;
  readonly auditRetentionDays: number;
  /** Whoever sends a file puts off `sender_until` by the first of these, each time the second has passed. */
  readonly senderLeaseMs: number;
  readonly senderBeatMs: number;
  /** An upload that is not settled for this long is looked for at the provider. */
  readonly staleAfterMs: number;
  /** Least time between two of the complete listings that prove that nothing was taken. */
  readonly listingGapMs: number;
  readonly stuckAfterMs: number;
  readonly stuckRetryMs: number;
  /** Deletions under way at once within one pass. */
  readonly fileConcurrency: number;
  /** Longest a pass works before it hands back. */
  readonly passBudgetMs: number;
}

/** The configuration this room uses, under the names of the environment. */
export interface FileConfig {
  readonly ALLOWED_EXTENSIONS: readonly string[];
  readonly UPLOAD_TIMEOUT: number;
  readonly MAX_CONCURRENT_UPLOADS: number;
  readonly UPLOAD_SLOT_WAIT_SECONDS: number;
  readonly ENABLE_DEDUPLICATION: boolean;
  readonly DEFAULT_USER_QUOTA_GB: number;
  readonly MAX_FILE_SIZE_PER_USER: number;
  readonly FILE_RETENTION_DAYS: number;
  readonly FAILED_UPLOAD_RETENTION_DAYS: number;
  readonly AUDIT_RETENTION_DAYS: number;
  readonly STUCK_AFTER_SECONDS: number;
  readonly STUCK_RETRY_MINUTES: number;
  readonly CONFIRM_GONE_SECONDS: number;
  readonly YOUNG_OBJECT_SECONDS: number;
  readonly PROVIDER_TIMEOUT_SECONDS: number;
  readonly PROVIDER_CONCURRENCY: number;
}

/** An hour (the contract's number). */
const VERIFY_AFTER_MS = 3_600_000;
/** A sender that was not heard of for three beats is taken for dead: whoever waits for its outcome goes on by himself. */
const SENDER_BEAT_MS = 5_000;
const SENDER_LEASE_MS = 15_000;
/** A full listing may take many pages: it gets this many times the deadline of one call. */
const LISTING_CALLS = 2;
/** Below the ten minutes an activity may take. */
const PASS_BUDGET_MS = 5 * 60_000;
/** Bytes of a gigabyte as the quota counts it. */
const GIB = 2 ** 30;

/** Dots before the extensions and their case do not matter. */
function extensionsOf(list: readonly string[]): string[] {
  return [...new Set(list.map((name) => name.toLowerCase().replace(/^\./, '')))];
}

/** The room's settings from the configuration. */
export function fileSettings(config: FileConfig): FileSettings {
  const ms = (seconds: number): number => seconds * 1000;
  const uploadTimeoutMs = ms(config.UPLOAD_TIMEOUT);
  return {
    allowedExtensions: extensionsOf(config.ALLOWED_EXTENSIONS),
    uploadTimeoutMs,
    maxConcurrentUploads: config.MAX_CONCURRENT_UPLOADS,
    slotWaitMs: Math.min(ms(config.UPLOAD_SLOT_WAIT_SECONDS), uploadTimeoutMs),
    dedupe: config.ENABLE_DEDUPLICATION,
    verifyAfterMs: VERIFY_AFTER_MS,
    userQuotaBytes: Math.floor(config.DEFAULT_USER_QUOTA_GB * GIB),
    maxUserFileBytes: config.MAX_FILE_SIZE_PER_USER,
    retentionDays: config.FILE_RETENTION_DAYS,
    failedRetentionDays: config.FAILED_UPLOAD_RETENTION_DAYS,
    auditRetentionDays: config.AUDIT_RETENTION_DAYS,
    senderLeaseMs: SENDER_LEASE_MS,
    senderBeatMs: SENDER_BEAT_MS,
    staleAfterMs: 2 * uploadTimeoutMs,
    listingGapMs: ms(config.CONFIRM_GONE_SECONDS),
    stuckAfterMs: ms(config.STUCK_AFTER_SECONDS),
    stuckRetryMs: ms(config.STUCK_RETRY_MINUTES * 60),
    providerDeadlineMs: ms(config.PROVIDER_TIMEOUT_SECONDS),
    listingDeadlineMs: LISTING_CALLS * ms(config.PROVIDER_TIMEOUT_SECONDS),
    confirmGoneMs: ms(config.CONFIRM_GONE_SECONDS),
    youngObjectMs: ms(config.YOUNG_OBJECT_SECONDS),
    fileConcurrency: config.PROVIDER_CONCURRENCY,
    passBudgetMs: PASS_BUDGET_MS,
  };
}
