/** The numbers that the limits of an account work with. */
export interface LimitSettings {
  /** Deletions of the account under way at once, all processes together. */
  readonly concurrency: number;
  /** Deletions of the account a second, all processes together; 0 = any rate. */
  readonly deletesPerSecond: number;
  /** How long a deletion waits for its turn, unless the call says otherwise, before it is handed back. */
  readonly patienceMs: number;
  /** Different targets that fail in a row open the breaker. */
  readonly failuresToOpen: number;
  /** How long it opens first; doubles with each probe that fails. */
  readonly firstOpenMs: number;
  readonly longestOpenMs: number;
  /** Where an upload's failure opens it, it stays open for at least this long. */
  readonly uploadOpenMs: number;
  /** So many "not found" answers about stores within the time open it for that time. */
  readonly missingToOpen: number;
  readonly missingWithinMs: number;
}

/** The configuration these come from, under the names of the environment. */
export interface LimitConfig {
  readonly PROVIDER_CONCURRENCY: number;
  readonly PROVIDER_DELETE_PER_SECOND: number;
}

/** The limits from the configuration. */
export function limitSettings(config: LimitConfig): LimitSettings {
  return {
    concurrency: config.PROVIDER_CONCURRENCY,
    deletesPerSecond: config.PROVIDER_DELETE_PER_SECOND,
    // An activity that waits holds a slot that another account's deletion could use.
    patienceMs: 5_000,
    failuresToOpen: 5,
    // A provider that restarts is back within seconds; one that stays away is asked once a minute.
    firstOpenMs: 5_000,
    longestOpenMs: 60_000,
    // The contract's number.
    uploadOpenMs: 60_000,
    // Few stores are deleted behind our back; ten within a minute look like another account, or none.
    missingToOpen: 10,
    missingWithinMs: 60_000,
  };
}
