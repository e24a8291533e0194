import { parseBackupName } from '../../domain/backup-name.ts';
import { JOBS, MANUAL_JOBS, type JobName } from '../../domain/jobs.ts';
import type { Ledger } from '../../ledger/index.ts';
import { jobOutcomes, type JobOutcome } from '../../ledger/queries/job-outcomes.ts';
import { resultsTotals } from '../../ledger/queries/results-totals.ts';
import type { JobReading, JobsReading } from '../../telemetry/metrics.ts';
import { resolveDirectory } from '../directories.ts';
import type { MaintenanceSettings } from '../settings.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Of each job that runs by itself, the longest time between two of its runs, in seconds. */
export type JobPeriods = Readonly<Partial<Record<JobName, number>>>;

export interface JobsReaderDeps {
  readonly ledger: Ledger;
  readonly settings: MaintenanceSettings;
  readonly periods: () => Promise<JobPeriods>;
}

/**
 * What the gauges show of the jobs at one moment: fits `watchJobs` of the api's metrics. Never asks twice at the same
 * time: a file system that never answers would take a thread of Node's pool with each scrape.
 */
export function createJobsReader(deps: JobsReaderDeps): () => Promise<JobsReading> {
  return oneAtATime(() => readJobs(deps));
}

async function readJobs({ ledger, settings, periods }: JobsReaderDeps): Promise<JobsReading> {
  const outcomes = await jobOutcomes(ledger);
  const known = await periods();
  const real = outcomes.filter(({ dryRun }) => !dryRun);
  return {
    jobs: [
      ...JOBS.map((name) => ({ ...jobReading(name, real), everySeconds: known[name] })),
      ...MANUAL_JOBS.map((name) => jobReading(name, real)),
    ],
    conversations: settings.conversations && storedConversations(outcomes),
    backups: backupSizes(real),
    results: await totalsOf(ledger, settings),
  };
}

function jobReading(name: JobReading['name'], real: readonly JobOutcome[]): JobReading {
  const outcome = real.find(({ job }) => job === name);
  if (outcome === undefined) return { name };
  const { lastSuccessAt, startedAt, finishedAt, succeeded } = outcome;
  return {
    name,
    lastSuccessMs: lastSuccessAt === null ? undefined : Date.parse(lastSuccessAt),
    lastRun: { tookMs: Date.parse(finishedAt) - Date.parse(startedAt), failed: !succeeded },
  };
}

/** After the last look at the database, which may have been a dry run: what that would have removed is still there. */
function storedConversations(outcomes: readonly JobOutcome[]): number | undefined {
  const [latest] = outcomes
    .filter(({ job, succeeded }) => job === 'conversations-cleanup' && succeeded)
    .toSorted((one, other) => Date.parse(other.finishedAt) - Date.parse(one.finishedAt));
  if (latest === undefined) return undefined;
  const { sessions_remaining: remaining, sessions_deleted: deleted } = latest.result as {
    sessions_remaining: number;
    sessions_deleted: number;
  };
  return latest.dryRun ? remaining + deleted : remaining;
}

function backupSizes(real: readonly JobOutcome[]): JobsReading['backups'] {
  const result = real.find(({ job }) => job === 'backups')?.result as
    { backups: readonly { filename: string; size_bytes: number }[] } | null | undefined;
  const sizes = (result?.backups ?? []).flatMap(({ filename, size_bytes: size }) => {
    const kind = parseBackupName(filename)?.kind;
    return kind === undefined ? [] : [[kind, size] as const];
  });
  return Object.fromEntries(sizes);
}

async function totalsOf(ledger: Ledger, { results }: MaintenanceSettings): Promise<JobsReading['results']> {
  if (results === undefined) return undefined;
  const resolved = await resolveDirectory(results.directory, results.guarded);
  if (resolved.kind === 'refused') return undefined;
  return resultsTotals(ledger, resolved.path, results.directory);
}
