/** What the deletion of aged files is asked and answers; plain JSON, under the names of the wire. */

export interface AgedFilesRun {
  readonly dryRun: boolean;
}

export interface AgedFilesCleanup {
  readonly deleted_count: number;
  readonly freed_bytes: number;
  /** Names that match the pattern, whatever they are. */
  readonly checked_count: number;
  readonly errors: number;
  readonly duration_ms: number;
  readonly dry_run: boolean;
}
