/**
 * The jobs on directories and databases, as their workflows see them: plain JSON, under the names of the wire, because
 * the outcome of a run is the same for the workflow, the route, the log and the metrics.
 */
import type { BackupKind } from '../domain/backup-name.ts';

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

export interface ConversationsRun {
  readonly dryRun: boolean;
  /** Whole days, at least 1; absent = the setting. */
  readonly retentionDays?: number | undefined;
}

/** What was removed so far: an activity that is tried again goes on counting from its last heartbeat. */
export interface CleanupProgress {
  readonly sessions_deleted: number;
  readonly checkpoints_deleted: number;
}

/**
 * `sessions_deleted` are threads that were removed whole: none with `keep_latest`. A dry run gives the numbers that a
 * run would.
 */
export interface ConversationsCleanup extends CleanupProgress {
  readonly sessions_remaining: number;
  readonly errors: readonly string[];
  readonly dry_run: boolean;
}

/** One backup that is wished for. */
export interface BackupWish {
  readonly kind: BackupKind;
  readonly manual: boolean;
  /** Of the workflow: the tries of one run make one backup. Without it, each makes one. */
  readonly runId?: string;
}

/** A finished backup, as `GET /backups` lists it. */
export interface BackupEntry {
  readonly filename: string;
  readonly path: string;
  readonly size_bytes: number;
  /** ISO 8601 in UTC; of the name. */
  readonly created_at: string;
}

export type SkipReason = 'not_configured' | 'not_ours' | 'no_such_file';

/** What became of one kind in one run. */
export type BackupOutcome =
  | { readonly kind: BackupKind; readonly backup: BackupEntry; readonly removed: readonly string[] }
  | { readonly kind: BackupKind; readonly skipped: SkipReason };

/** The result of a run over all kinds. One that fails does not keep the others from being made. */
export interface BackupResult {
  readonly backups: readonly BackupEntry[];
  /** Names of older ones that were too many. */
  readonly removed: readonly string[];
  readonly skipped: readonly { readonly kind: BackupKind; readonly reason: SkipReason }[];
  readonly errors: readonly string[];
}

/** How the steps of a run of backups ended. */
export interface BackupsEnding {
  readonly outcomes: readonly BackupOutcome[];
  /** Kinds of which none could be made. */
  readonly failed: readonly BackupKind[];
  /** Of the whole run. */
  readonly seconds: number;
}

/** On the task queue of maintenance: only workers that have the directories poll it. */
export interface JobActivities {
  cleanResults(run: ResultsRun): Promise<ResultsCleanup>;
  /** Tells another service; does nothing where none is configured. */
  reportResults(report: CleanupReport): Promise<void>;
  cleanAgedFiles(run: AgedFilesRun): Promise<AgedFilesCleanup>;
  cleanConversations(run: ConversationsRun): Promise<ConversationsCleanup>;
  makeBackup(wish: BackupWish): Promise<BackupOutcome>;
  /** Records what came of a run of backups. */
  finishBackups(ending: BackupsEnding): Promise<BackupResult>;
}
