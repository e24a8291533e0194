/** How often each api and each worker tells the ledger that it lives. */
export const BEAT_EVERY_MS = 1_000;

/**
 * No beat for this long, two of them lost and some jitter: a lease that falls due now waits until it is clear
 * whether the api is away. Short, because waiting costs only seconds where it was a false alarm.
 */
export const SILENT_AFTER_MS = 3_000;

/**
 * No beat for this long is an outage, and what fell due in it is spared for `OUTAGE_GRACE_SECONDS`. Longer than a
 * statement that ran into its time limit (2.5 s) with the beats before and after it: an outage that was none would
 * keep stores for minutes.
 */
export const OUTAGE_AFTER_MS = 5_000;
