import { Gauge, type Registry } from 'prom-client';
import type { BackupKind } from '../domain/backup-name.ts';
import type { JobName, ManualJob } from '../domain/jobs.ts';
import { limited } from './limited.ts';

/** A job, as its last real run left it. */
export interface JobReading {
  readonly name: JobName | ManualJob;
  /** Epoch milliseconds; undefined where it never went well. */
  readonly lastSuccessMs?: number | undefined;
  readonly lastRun?: { readonly tookMs: number; readonly failed: boolean } | undefined;
  /** The longest time between two runs of its schedule; undefined where it is off. */
  readonly everySeconds?: number | undefined;
}

/** What the ledger knows of the jobs. */
export interface JobsReading {
  readonly jobs: readonly JobReading[];
  /** Threads in the checkpoint database after the last look at it. */
  readonly conversations?: number | undefined;
  /** Sizes of the backups that the last run made, in bytes. */
  readonly backups: Readonly<Partial<Record<BackupKind, number>>>;
  /** All runs over the configured directory together; undefined where there is none. */
  readonly results?: ResultsReading | undefined;
}

export interface ResultsReading {
  readonly cleanups: number;
  readonly deleted: number;
  readonly freedBytes: number;
  readonly errors: number;
}

/** Registers the gauges over the jobs and gives the function that brings them up to date; it never throws. */
export function createJobGauges(registry: Registry, read: () => Promise<JobsReading>): () => Promise<void> {
  const jobs = jobGauges(registry);
  const backup = backupGauge(registry);
  const totals = totalGauges(registry);
  return async () => {
    const seen = await limited(read);
    // Without a ledger there is no value; an old one would look like news.
    for (const each of [...Object.values(jobs), backup]) each.reset();
    for (const each of Object.values(totals)) each.remove();
    if (seen === undefined) return;
    for (const job of seen.jobs) show(jobs, job);
    for (const [kind, bytes] of Object.entries(seen.backups)) backup.set({ kind }, bytes);
    if (seen.conversations !== undefined) totals.conversations.set(seen.conversations);
    if (seen.results === undefined) return;
    totals.cleanups.set(seen.results.cleanups);
    totals.deleted.set(seen.results.deleted);
    totals.freed.set(seen.results.freedBytes);
    totals.errors.set(seen.results.errors);
  };
}

function show(
  { success, duration, failed, period }: ReturnType<typeof jobGauges>,
  { name, lastSuccessMs, lastRun, everySeconds }: JobReading,
): void {
  const labels = { job_name: name };
  if (lastSuccessMs !== undefined) success.set(labels, lastSuccessMs / 1000);
  if (lastRun !== undefined) {
    duration.set(labels, lastRun.tookMs / 1000);
    failed.set(labels, Number(lastRun.failed));
  }
  if (everySeconds !== undefined) period.set(labels, everySeconds);
}

function jobGauges(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `loiter_killer_job_${name}`, help, labelNames: ['job_name'], registers: [registry] });
  return {
    success: gauge(
      'last_success_timestamp_seconds',
      'When a run of the job last ended well, in seconds since 1970; no value where none ever did.',
    ),
    duration: gauge('last_duration_seconds', 'How long the last run of the job took.'),
    failed: gauge('last_run_failed', 'Whether the last run of the job failed.'),
    period: gauge(
      'period_seconds',
      'The longest time between two runs of the schedule; no value where the job is off.',
    ),
  };
}

function backupGauge(registry: Registry): Gauge<'kind'> {
  return new Gauge({
    name: 'loiter_killer_backup_last_bytes',
    help: 'Size of the backup that the last run made, by kind.',
    labelNames: ['kind'],
    registers: [registry],
  });
}

function totalGauges(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `loiter_killer_${name}`, help, registers: [registry] });
  return {
    conversations: gauge(
      'conversations_stored',
      'Conversations in the checkpoint database at the last look.',
    ),
    cleanups: gauge('results_lifetime_cleanups', 'Cleanups of cached results ever, over restarts.'),
    deleted: gauge('results_lifetime_deleted', 'Cached results ever deleted, over restarts.'),
    freed: gauge('results_lifetime_freed_bytes', 'Bytes of cached results ever freed, over restarts.'),
    errors: gauge('results_lifetime_errors', 'Errors of all cleanups of cached results, over restarts.'),
  };
}
