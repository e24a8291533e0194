import { Counter, Histogram, type Registry } from 'prom-client';
import { BACKUP_KINDS, parseBackupName, type BackupKind } from '../domain/backup-name.ts';
import { MAINTENANCE_JOBS } from '../domain/jobs.ts';
import type {
  AgedFilesCleanup,
  BackupResult,
  ConversationsCleanup,
  JobEnded,
  JobMeter,
  ResultsCleanup,
} from '../maintenance/contract.ts';

/** From a directory with nothing to do in it to the backup of a large ledger. */
const JOB_SECONDS = [0.01, 0.1, 1, 10, 60, 300, 1_800, 3_600];
const OUTCOMES = ['success', 'failed'] as const;

/**
 * Registers the metrics of the jobs on directories and databases. Every series exists from the start, at zero. Dry runs
 * are not counted. The name of a job is in `job_name`: whoever scrapes gives every series a label `job` of his own.
 */
export function createJobMetrics(registry: Registry): JobMeter {
  const durations = new Histogram({
    name: 'loiter_killer_job_duration_seconds',
    help: 'Runs of the jobs on directories and databases, by job and outcome; the count is the number of runs.',
    labelNames: ['job_name', 'outcome'],
    buckets: JOB_SECONDS,
    registers: [registry],
  });
  for (const name of MAINTENANCE_JOBS)
    for (const outcome of OUTCOMES) durations.zero({ job_name: name, outcome });
  const count = createResultCounters(registry);
  return {
    ended: (run) => {
      if (run.dryRun) return;
      const outcome = run.succeeded ? 'success' : 'failed';
      durations.observe({ job_name: run.job, outcome }, run.seconds);
      count(run);
    },
  };
}

/** Counts what a run did; one that answered nothing did nothing that it knows of. */
function createResultCounters(registry: Registry): (run: JobEnded) => void {
  const results = resultsCounters(registry);
  const agedFiles = agedFilesCounters(registry);
  const conversations = conversationsCounters(registry);
  const backups = backupsCounters(registry);
  return ({ job, result }) => {
    if (result === undefined) return;
    switch (job) {
      case 'results-cleanup':
        results(result as ResultsCleanup);
        break;
      case 'aged-files-cleanup':
        agedFiles(result as AgedFilesCleanup);
        break;
      case 'conversations-cleanup':
        conversations(result as ConversationsCleanup);
        break;
      case 'backups':
        backups(result as BackupResult);
        break;
    }
  };
}

function counterOf(registry: Registry, name: string, help: string): Counter {
  return new Counter({ name, help, registers: [registry] });
}

function resultsCounters(registry: Registry): (result: ResultsCleanup) => void {
  const counter = (name: string, help: string) =>
    counterOf(registry, `loiter_killer_results_${name}_total`, help);
  const deleted = counter('deleted', 'Cached results deleted because they had expired.');
  const freed = counter('freed_bytes', 'Bytes of expired results and their metadata that were deleted.');
  const checked = counter('checked', 'Paths called like a cached result that were looked at.');
  const errors = counter('errors', 'Cached results and directories that could not be read or deleted.');
  const leftovers = counter('leftovers_deleted', 'Leftovers of interrupted writers that were deleted.');
  return (result) => {
    deleted.inc(result.deleted_count);
    freed.inc(result.freed_bytes);
    checked.inc(result.checked_count);
    errors.inc(result.errors);
    leftovers.inc(result.leftovers_deleted);
  };
}

function agedFilesCounters(registry: Registry): (result: AgedFilesCleanup) => void {
  const counter = (name: string, help: string) =>
    counterOf(registry, `loiter_killer_aged_files_${name}_total`, help);
  const deleted = counter('deleted', 'Files deleted because of their age.');
  const freed = counter('freed_bytes', 'Bytes of files deleted because of their age.');
  const checked = counter('checked', 'Names that matched the pattern of aged files.');
  const errors = counter('errors', 'Aged files that could not be looked at or deleted.');
  return (result) => {
    deleted.inc(result.deleted_count);
    freed.inc(result.freed_bytes);
    checked.inc(result.checked_count);
    errors.inc(result.errors);
  };
}

function conversationsCounters(registry: Registry): (result: ConversationsCleanup) => void {
  const counter = (name: string, help: string) => counterOf(registry, `loiter_killer_${name}_total`, help);
  const deleted = counter('conversations_deleted', 'Stored conversations that were removed whole.');
  const checkpoints = counter(
    'checkpoints_deleted',
    'Checkpoints of stored conversations that were removed.',
  );
  const errors = counter('conversations_errors', 'Problems that cleanups of stored conversations told of.');
  return (result) => {
    deleted.inc(result.sessions_deleted);
    checkpoints.inc(result.checkpoints_deleted);
    errors.inc(result.errors.length);
  };
}

function backupsCounters(registry: Registry): (result: BackupResult) => void {
  const byKind = (name: string, help: string): Counter<'kind'> => {
    const counter = new Counter({ name, help, labelNames: ['kind'], registers: [registry] });
    for (const kind of BACKUP_KINDS) counter.inc({ kind }, 0);
    return counter;
  };
  const made = byKind('loiter_killer_backups_made_total', 'Backups made and checked, by kind.');
  const bytes = byKind('loiter_killer_backups_made_bytes_total', 'Bytes of backups made, by kind.');
  const removed = byKind('loiter_killer_backups_removed_total', 'Older backups that were too many, by kind.');
  const failures = counterOf(registry, 'loiter_killer_backup_failures_total', 'Backups that failed.');
  return (result) => {
    for (const { filename, size_bytes: size } of result.backups) {
      const kind = kindOf(filename);
      if (kind !== undefined) made.inc({ kind });
      if (kind !== undefined) bytes.inc({ kind }, size);
    }
    for (const filename of result.removed) {
      const kind = kindOf(filename);
      if (kind !== undefined) removed.inc({ kind });
    }
    failures.inc(result.errors.length);
  };
}

function kindOf(filename: string): BackupKind | undefined {
  return parseBackupName(filename)?.kind;
}
