/** What the room offers to `activities/`, and what it needs of the composition roots. */
import type {
  AgedFilesCleanup,
  AgedFilesRun,
  BackupOutcome,
  BackupResult,
  BackupsEnding,
  BackupWish,
  CleanupProgress,
  CleanupReport,
  ConversationsCleanup,
  ConversationsRun,
  ResultsCleanup,
  ResultsRun,
} from '../activities/job-contract.ts';
import type { PassContext } from '../deletion/pass-context.ts';
import type { MaintenanceJob } from '../domain/jobs.ts';

export type {
  AgedFilesCleanup,
  BackupResult,
  CleanupReport,
  ConversationsCleanup,
  ResultsCleanup,
} from '../activities/job-contract.ts';

/** What a try at a job gets from its surroundings. */
export interface JobContext extends PassContext {
  /** False: where it fails, the run is tried again, and is no failure of the job yet. Absent = true. */
  readonly isLastTry?: boolean;
}

/** A try that may go on from where an earlier one came to. */
export interface ResumableContext<Progress> extends Omit<JobContext, 'heartbeat'> {
  readonly heartbeat: (progress: Progress) => void;
  /** As an earlier attempt told it last. */
  readonly progress: Progress | undefined;
}

/**
 * The jobs, each a function that is asked once for each run. Every one throws `JOB_OFF` where nothing is configured for
 * it or its directory is refused, and the signal's reason where it was asked to stop.
 */
export interface JobKeeper {
  /** Throws `JOB_RUNNING` while another run has the directory. */
  cleanResults(run: ResultsRun, context: JobContext): Promise<ResultsCleanup>;
  /** Throws where the receiver did not take it; does nothing where none is configured. */
  reportResults(report: CleanupReport, context: PassContext): Promise<void>;
  cleanAgedFiles(run: AgedFilesRun, context: JobContext): Promise<AgedFilesCleanup>;
  cleanConversations(
    run: ConversationsRun,
    context: ResumableContext<CleanupProgress>,
  ): Promise<ConversationsCleanup>;
  /** Throws where none could be made; nothing of it is left then. */
  makeBackup(wish: BackupWish, context: PassContext): Promise<BackupOutcome>;
  finishBackups(ending: BackupsEnding): Promise<BackupResult>;
}

/** A run that has ended, one that was asked to stop excepted. */
export interface JobEnded {
  readonly job: MaintenanceJob;
  readonly dryRun: boolean;
  readonly seconds: number;
  /** False also where it has a result that says so: a database that failed, a backup that could not be made. */
  readonly succeeded: boolean;
  /** As the job answered it; undefined where it answered nothing. */
  readonly result: object | undefined;
}

/** Counts how jobs went. */
export interface JobMeter {
  ended(run: JobEnded): void;
}
