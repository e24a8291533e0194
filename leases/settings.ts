/** The numbers the room works with, made from the configuration by the composition roots. */
export interface LeaseSettings {
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
  /** Deadline of every other provider call. */
  readonly providerDeadlineMs: number;
  /** Deadline of a full listing of the account. */
  readonly listingDeadlineMs: number;
  readonly storeExpiresAfterDays: number;
  readonly stuckAfterMs: number;
  readonly stuckRetryMs: number;
  /** A 404 for an object younger than `youngObjectMs` counts only with a second one this much later. */
  readonly confirmGoneMs: number;
  readonly youngObjectMs: number;
  /** Least time between two of the empty listings that an uncertain lease needs. */
  readonly listingGapMs: number;
  /** Deletions of files under way at once within one pass. */
  readonly fileConcurrency: number;
  /** Longest a pass over files works before it hands back. */
  readonly passBudgetMs: number;
  readonly auditRetentionDays: number;
}
