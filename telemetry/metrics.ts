import { collectDefaultMetrics, Registry } from 'prom-client';
import { PROVIDER_NAMES } from '../domain/providers.ts';
import type { FileMeter } from '../files/contract.ts';
import type { JobMeter } from '../maintenance/contract.ts';
import { createCapacityGauges, type CapacityReading } from './capacity-gauges.ts';
import { createFileGauges, type FileReading } from './file-gauges.ts';
import { createFileMetrics, type FileMetricsOptions } from './file-metrics.ts';
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts';
import { createLeaseMetrics, type LeaseMetrics } from './lease-metrics.ts';
import { createLedgerGauges, type LedgerSnapshot } from './ledger-gauges.ts';
import { createDirectoryGauges, type DirectoryReading } from './maintenance-directories.ts';
import { createJobGauges, type JobsReading } from './maintenance-gauges.ts';
import { createJobMetrics } from './maintenance-metrics.ts';
import { createReportMetrics, type ReportMeter } from './maintenance-reports.ts';
import { createPoolGauges, type PoolStats } from './pool-gauges.ts';
import { createProviderMetrics, type ProviderMetrics } from './provider-metrics.ts';
import { createSweepGauges, type SweepReading } from './sweep-gauges.ts';

export type { CapacityReading } from './capacity-gauges.ts';
export type { DirectoryReading } from './maintenance-directories.ts';
export type { JobReading, JobsReading } from './maintenance-gauges.ts';

/** What both processes count. */
export interface Metrics {
  readonly registry: Registry;
  readonly lease: LeaseMetrics;
  readonly provider: ProviderMetrics;
  readonly files: FileMeter;
  readonly jobs: JobMeter;
  /** Adds the gauges over this process's database pool. */
  watchPool(stats: () => PoolStats): void;
  /** Adds the gauges over directories; where the jobs run that work on them. */
  watchDirectories(read: () => Promise<readonly DirectoryReading[]>): void;
  /** The text of one scrape. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** What only the api counts. */
export interface ApiMetrics extends Metrics {
  readonly http: HttpMetrics;
  readonly reports: ReportMeter;
  /** Adds the gauges over the ledger; in one process only, or a sum over processes would count twice. */
  watchLedger(snapshot: () => Promise<LedgerSnapshot>): void;
  /** Likewise the gauges over the places of its account. */
  watchCapacity(read: () => Promise<CapacityReading | undefined>): void;
  /** Likewise the gauges over the last sweep. */
  watchSweep(read: () => Promise<SweepReading>): void;
  /** Likewise the gauges over uploaded files. */
  watchFiles(read: () => Promise<FileReading>): void;
  /** Likewise the gauges over the jobs. */
  watchJobs(read: () => Promise<JobsReading>): void;
}

/** For whoever has no configuration; 100 is the default of `METRICS_MAX_USERS`. */
const ALL_PROVIDERS: FileMetricsOptions = { providers: PROVIDER_NAMES, maxUsers: 100 };

/** The worker's metrics: drains, lateness, provider calls and jobs happen there. */
export function createWorkerMetrics(files: FileMetricsOptions = ALL_PROVIDERS): Metrics {
  return createMetrics(files).metrics;
}

/** The api's metrics. */
export function createApiMetrics(files: FileMetricsOptions = ALL_PROVIDERS): ApiMetrics {
  const { metrics, refresh } = createMetrics(files);
  const { registry } = metrics;
  return {
    ...metrics,
    http: createHttpMetrics(registry),
    reports: createReportMetrics(registry),
    watchLedger: (snapshot) => {
      refresh.push(createLedgerGauges(registry, snapshot));
    },
    watchCapacity: (read) => {
      refresh.push(createCapacityGauges(registry, read));
    },
    watchSweep: (read) => {
      refresh.push(createSweepGauges(registry, read));
    },
    watchFiles: (read) => {
      refresh.push(createFileGauges(registry, read));
    },
    watchJobs: (read) => {
      refresh.push(createJobGauges(registry, read));
    },
  };
}

/** What both have, and the list of what brings gauges up to date before a scrape. */
function createMetrics(files: FileMetricsOptions): {
  readonly metrics: Metrics;
  readonly refresh: (() => Promise<void>)[];
} {
  const registry = new Registry();
  const refresh: (() => Promise<void>)[] = [];
  collectDefaultMetrics({ register: registry });
  const metrics: Metrics = {
    registry,
    lease: createLeaseMetrics(registry),
    provider: createProviderMetrics(registry),
    files: createFileMetrics(registry, files),
    jobs: createJobMetrics(registry),
    watchPool: (stats) => {
      createPoolGauges(registry, stats);
    },
    watchDirectories: (read) => {
      refresh.push(createDirectoryGauges(registry, read));
    },
    render: async () => {
      await Promise.all(refresh.map((each) => each()));
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
  return { metrics, refresh };
}
