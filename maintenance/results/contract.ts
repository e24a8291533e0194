/** What the cleaning of cached results is asked and answers; plain JSON, under the names of the wire. */

export interface ResultsRun {
  /** Names the run over all its attempts: one that has ended is not run again, and answers the same. */
  readonly runId: string;
  readonly dryRun: boolean;
}

export interface ResultsCleanup {
  readonly deleted_count: number;
  /** Bytes of results, and of metadata; leftovers are not among them. */
  readonly freed_bytes: number;
  /** Every path called `*.result.json.lz4`, whatever it is. */
  readonly checked_count: number;
  readonly errors: number;
  readonly duration_ms: number;
  readonly leftovers_deleted: number;
  readonly dry_run: boolean;
}

/** What another service is told of a run, and what this one takes from others. */
export interface CleanupReport {
  readonly deleted_count: number;
  readonly freed_bytes: number;
  readonly checked_count: number;
  readonly errors: number;
  readonly duration_ms: number;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
}

export interface ResultsStats {
  /** Whether runs are scheduled and not paused. */
  readonly running: boolean;
  readonly check_interval_hours: number;
  readonly total_cleanups: number;
  readonly total_deleted: number;
  readonly total_freed_bytes: number;
  /** Of 1 048 576 bytes each, two decimals. */
  readonly total_freed_mb: number;
  readonly total_errors: number;
  readonly cache_directory: string | null;
}
