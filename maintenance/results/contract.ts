/** What the cleaning of cached results is asked and answers; plain JSON, under the names of the wire. */

export type { CleanupReport, ResultsCleanup, ResultsRun } from '../../activities/job-contract.ts';

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
