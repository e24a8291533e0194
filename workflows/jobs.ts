import { ActivityFailure, isCancellation, log, startChild, workflowInfo } from '@temporalio/workflow';
import type {
  AgedFilesCleanup,
  BackupOutcome,
  BackupResult,
  CleanupReport,
  ConversationsCleanup,
  ResultsCleanup,
} from '../activities/job-contract.ts';
import { BACKUP_KINDS, type BackupKind } from '../domain/backup-name.ts';
import { jobStep, reportStep } from './job-steps.ts';
import type { BackupsInput, JobInput } from './messages.ts';

/** Whoever starts a job without saying that it is no dry run only wants to look. */
const isDry = (input: JobInput | null | undefined): boolean => input?.dryRun !== false;
const titled = (what: string, input: JobInput | null | undefined): string =>
  isDry(input) ? `${what}, a dry run` : what;

/** Deletes cached results past their expiry; where somebody wants to be told, a workflow of its own tells him. */
export async function resultsCleanup(input?: JobInput | null): Promise<ResultsCleanup> {
  const run = { runId: workflowInfo().runId, dryRun: isDry(input) };
  const result = await jobStep(input, titled('clean cached results', input)).cleanResults(run);
  if (run.dryRun || input?.report !== true) return result;
  const { deleted_count, freed_bytes, checked_count, errors, duration_ms } = result;
  const timestamp = new Date().toISOString();
  const report = { deleted_count, freed_bytes, checked_count, errors, duration_ms, timestamp };
  // Once for each run, and nobody waits for it: neither the next run nor whoever asked for this one.
  await startChild(resultsReport, {
    workflowId: `results-report/${run.runId}`,
    args: [report, input],
    parentClosePolicy: 'ABANDON',
  });
  return result;
}

/** Posts the report of a run; that it cannot be posted is a warning, and nothing else. */
export async function resultsReport(report: CleanupReport, input?: JobInput | null): Promise<boolean> {
  try {
    await reportStep(input).reportResults(report);
    return true;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.warn('a cleanup of results could not be reported', { event: 'cleanup_report_failed' });
    return false;
  }
}

/** Deletes aged files. */
export async function agedFilesCleanup(input?: JobInput | null): Promise<AgedFilesCleanup> {
  return jobStep(input, titled('delete aged files', input)).cleanAgedFiles({ dryRun: isDry(input) });
}

/** Removes stored conversations past retention. */
export async function conversationsCleanup(input?: JobInput | null): Promise<ConversationsCleanup> {
  const run = { dryRun: isDry(input), retentionDays: input?.retentionDays };
  return jobStep(input, titled('remove old conversations', input)).cleanConversations(run);
}

/** Makes a backup of each kind; one that cannot be made does not keep the others from it. */
export async function backups(input?: BackupsInput | null): Promise<BackupResult> {
  const beganAtMs = Date.now();
  const { runId } = workflowInfo();
  const manual = input?.manual !== false;
  const outcomes: BackupOutcome[] = [];
  const failed: BackupKind[] = [];
  for (const kind of BACKUP_KINDS) {
    try {
      outcomes.push(await jobStep(input, `back up: ${kind}`).makeBackup({ kind, manual, runId }));
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      failed.push(kind);
    }
  }
  const seconds = (Date.now() - beganAtMs) / 1000;
  return jobStep(input, 'tell of the run').finishBackups({ outcomes, failed, seconds });
}
