/** Metrics of the jobs on directories and databases: what runs count, and what the ledger and the disk show. */
import { describe, expect, it } from 'vitest';
import { MAINTENANCE_JOBS } from '../../../domain/jobs.ts';
import type { JobEnded } from '../../../maintenance/contract.ts';
import {
  createApiMetrics,
  createWorkerMetrics,
  type DirectoryReading,
  type JobsReading,
} from '../../../telemetry/metrics.ts';

/** Samples by series, without the prefix and without buckets; only those that begin with one of these. */
async function samples(
  metrics: { render(): Promise<string> },
  ...prefixes: readonly string[]
): Promise<Record<string, number>> {
  const lines = (await metrics.render())
    .split('\n')
    .filter((line) => line.startsWith('loiter_killer_') && !line.includes('_bucket{'))
    .map((line) => line.slice('loiter_killer_'.length))
    .filter((line) => prefixes.some((prefix) => line.startsWith(prefix)));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const RUN_PREFIXES = ['job_', 'results_', 'aged_files_', 'conversations_', 'checkpoints_', 'backup'];

const COUNTS = { deleted_count: 3, freed_bytes: 4_096, checked_count: 10, errors: 1, duration_ms: 12.5 };
const backup = (filename: string, size: number) => ({
  filename,
  path: `/b/${filename}`,
  size_bytes: size,
  created_at: '2026-01-02T03:04:05.000Z',
});
const ENDED: readonly JobEnded[] = [
  {
    ...{ job: 'results-cleanup', dryRun: false, seconds: 2, succeeded: true },
    result: { ...COUNTS, leftovers_deleted: 7, dry_run: false },
  },
  {
    ...{ job: 'aged-files-cleanup', dryRun: false, seconds: 0.5, succeeded: true },
    result: { ...COUNTS, deleted_count: 4, dry_run: false },
  },
  {
    ...{ job: 'conversations-cleanup', dryRun: false, seconds: 1, succeeded: false },
    result: {
      ...{ sessions_deleted: 5, checkpoints_deleted: 60, sessions_remaining: 9 },
      ...{ errors: ['Database error', 'x'], dry_run: false },
    },
  },
  {
    ...{ job: 'backups', dryRun: false, seconds: 3, succeeded: false },
    result: {
      backups: [
        backup('ledger_backup_20260102_030405_006.tar.gz', 1_000),
        backup('ledger_backup_20260102_030405_007_manual.tar.gz', 500),
      ],
      removed: ['memory_backup_20260101_030405_006.db', 'no name of a backup'],
      skipped: [],
      errors: ['The memory backup failed'],
    },
  },
];

describe('runs of jobs', () => {
  it('have every series from the start, at zero', async () => {
    const before = await samples(createWorkerMetrics(), ...RUN_PREFIXES);
    expect(new Set(Object.values(before))).toEqual(new Set([0]));
    for (const name of MAINTENANCE_JOBS)
      for (const outcome of ['success', 'failed'])
        expect(before).toHaveProperty([
          `job_duration_seconds_count{job_name="${name}",outcome="${outcome}"}`,
        ]);
    for (const kind of ['memory', 'ledger'])
      for (const name of ['made', 'made_bytes', 'removed'])
        expect(before).toHaveProperty([`backups_${name}_total{kind="${kind}"}`]);
  });

  it('are counted with what they did', async () => {
    const metrics = createWorkerMetrics();
    for (const run of ENDED) metrics.jobs.ended(run);
    metrics.jobs.ended({
      ...{ job: 'backups', dryRun: false, seconds: 1, succeeded: false },
      result: undefined,
    });
    const moved = Object.entries(await samples(metrics, ...RUN_PREFIXES)).filter(([, value]) => value !== 0);
    expect(Object.fromEntries(moved)).toEqual({
      'job_duration_seconds_count{job_name="results-cleanup",outcome="success"}': 1,
      'job_duration_seconds_sum{job_name="results-cleanup",outcome="success"}': 2,
      'job_duration_seconds_count{job_name="aged-files-cleanup",outcome="success"}': 1,
      'job_duration_seconds_sum{job_name="aged-files-cleanup",outcome="success"}': 0.5,
      'job_duration_seconds_count{job_name="conversations-cleanup",outcome="failed"}': 1,
      'job_duration_seconds_sum{job_name="conversations-cleanup",outcome="failed"}': 1,
      'job_duration_seconds_count{job_name="backups",outcome="failed"}': 2,
      'job_duration_seconds_sum{job_name="backups",outcome="failed"}': 4,
      ...{ results_deleted_total: 3, results_freed_bytes_total: 4_096, results_checked_total: 10 },
      ...{ results_errors_total: 1, results_leftovers_deleted_total: 7 },
      ...{ aged_files_deleted_total: 4, aged_files_freed_bytes_total: 4_096, aged_files_checked_total: 10 },
      aged_files_errors_total: 1,
      ...{ conversations_deleted_total: 5, checkpoints_deleted_total: 60, conversations_errors_total: 2 },
      'backups_made_total{kind="ledger"}': 2,
      'backups_made_bytes_total{kind="ledger"}': 1_500,
      'backups_removed_total{kind="memory"}': 1,
      backup_failures_total: 1,
    });
  });

  it('are not counted where they were dry', async () => {
    const metrics = createWorkerMetrics();
    for (const run of ENDED) metrics.jobs.ended({ ...run, dryRun: true });
    const after = Object.values(await samples(metrics, ...RUN_PREFIXES));
    expect(new Set(after)).toEqual(new Set([0]));
  });
});

describe('gauges over the jobs', () => {
  const READING: JobsReading = {
    jobs: [
      {
        ...{ name: 'results-cleanup', lastSuccessMs: 1_500, everySeconds: 21_600 },
        lastRun: { tookMs: 250, failed: true },
      },
      { name: 'backups', everySeconds: 86_400 },
      { name: 'sweep', lastSuccessMs: 2_500 },
    ],
    conversations: 12,
    backups: { ledger: 4_096 },
    results: { cleanups: 4, deleted: 30, freedBytes: 900, errors: 2 },
  };
  const PREFIXES = ['job_last', 'job_period', 'conversations_stored', 'backup_last', 'results_lifetime'];

  it('show what the ledger says, and nothing else', async () => {
    const metrics = createApiMetrics();
    let reading: Promise<JobsReading> = Promise.resolve(READING);
    metrics.watchJobs(() => reading);
    const whole = {
      'job_last_success_timestamp_seconds{job_name="results-cleanup"}': 1.5,
      'job_last_success_timestamp_seconds{job_name="sweep"}': 2.5,
      'job_last_duration_seconds{job_name="results-cleanup"}': 0.25,
      'job_last_run_failed{job_name="results-cleanup"}': 1,
      'job_period_seconds{job_name="results-cleanup"}': 21_600,
      'job_period_seconds{job_name="backups"}': 86_400,
      conversations_stored: 12,
      'backup_last_bytes{kind="ledger"}': 4_096,
      ...{ results_lifetime_cleanups: 4, results_lifetime_deleted: 30 },
      ...{ results_lifetime_freed_bytes: 900, results_lifetime_errors: 2 },
    };
    expect(await samples(metrics, ...PREFIXES)).toEqual(whole);
    reading = Promise.resolve({ jobs: [{ name: 'backups' }], backups: {} });
    expect(await samples(metrics, ...PREFIXES)).toEqual({});
    reading = Promise.resolve(READING);
    expect(await samples(metrics, ...PREFIXES)).toEqual(whole);
  });

  it('have no value without a ledger', async () => {
    const metrics = createApiMetrics();
    let reading: Promise<JobsReading> = Promise.resolve(READING);
    metrics.watchJobs(() => reading);
    expect(await samples(metrics, ...PREFIXES)).not.toEqual({});
    reading = Promise.reject(new Error('away'));
    expect(await samples(metrics, ...PREFIXES)).toEqual({});
  });
});

describe('gauges over directories', () => {
  it('show what is known of each, and nothing of one that is missing', async () => {
    const metrics = createWorkerMetrics();
    let reading: readonly DirectoryReading[] = [
      { name: 'data', content: { bytes: 30, files: 3 }, space: { free: 5, size: 9 } },
      { name: 'results', space: { free: 6, size: 9 } },
      { name: 'backups' },
    ];
    metrics.watchDirectories(() => Promise.resolve(reading));
    expect(await samples(metrics, 'directory')).toEqual({
      'directory_bytes{directory="data"}': 30,
      'directory_files{directory="data"}': 3,
      'directory_free_bytes{directory="data"}': 5,
      'directory_filesystem_bytes{directory="data"}': 9,
      'directory_free_bytes{directory="results"}': 6,
      'directory_filesystem_bytes{directory="results"}': 9,
    });
    reading = [{ name: 'data' }];
    expect(await samples(metrics, 'directory')).toEqual({});
  });

  it('have no value where they cannot be read', async () => {
    const metrics = createWorkerMetrics();
    metrics.watchDirectories(() => Promise.reject(new Error('no')));
    expect(await samples(metrics, 'directory')).toEqual({});
  });
});
