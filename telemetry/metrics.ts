import { collectDefaultMetrics, Registry } from 'prom-client';
import { PROVIDER_NAMES } from '../domain/providers.ts';
import type { FileMeter } from '../files/contract.ts';
import { createCapacityGauges, type CapacityReading } from './capacity-gauges.ts';
import { createFileGauges, type FileReading } from './file-gauges.ts';
import { createFileMetrics, type FileMetricsOptions } from './file-metrics.ts';
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts';
import { createLeaseMetrics, type LeaseMetrics } from './lease-metrics.ts';
import { createLedgerGauges, type LedgerSnapshot } from './ledger-gauges.ts';
import { createPoolGauges, type PoolStats } from './pool-gauges.ts';
import { createProviderMetrics, type ProviderMetrics } from './provider-metrics.ts';
import { createSweepGauges, type SweepReading } from './sweep-gauges.ts';

export type { CapacityReading } from './capacity-gauges.ts';

/** What both processes count. */
export interface Metrics {
  readonly registry: Registry;
  readonly lease: LeaseMetrics;
  readonly provider: ProviderMetrics;
  readonly files: FileMeter;
  /** Adds the gauges over this process's database pool. */
  watchPool(stats: () => PoolStats): void;
  /** The text of one scrape. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** What only the api counts. */
export interface ApiMetrics extends Metrics {
  readonly http: HttpMetrics;
  /** Adds the gauges over the ledger; in one process only, or a sum over processes would count twice. */
  watchLedger(snapshot: () => Promise<LedgerSnapshot>): void;
  /** Likewise the gauges over the places of its account. */
  watchCapacity(read: () => Promise<CapacityReading | undefined>): void;
  /** Likewise the gauges over the last sweep. */
  watchSweep(read: () => Promise<SweepReading>): void;
  /** Likewise the gauges over uploaded files. */
  watchFiles(read: () => Promise<FileReading>): void;
}

/** For whoever has no configuration; 100 is the default of `METRICS_MAX_USERS`. */
const ALL_PROVIDERS: FileMetricsOptions = { providers: PROVIDER_NAMES, maxUsers: 100 };

/** The worker's metrics: drains, lateness and provider calls happen there. */
export function createWorkerMetrics(files: FileMetricsOptions = ALL_PROVIDERS): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    lease: createLeaseMetrics(registry),
    provider: createProviderMetrics(registry),
    files: createFileMetrics(registry, files),
    watchPool: (stats) => {
      createPoolGauges(registry, stats);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** The api's metrics. */
export function createApiMetrics(files: FileMetricsOptions = ALL_PROVIDERS): ApiMetrics {
  const metrics = createWorkerMetrics(files);
  const refresh: (() => Promise<void>)[] = [];
  return {
    ...metrics,
    http: createHttpMetrics(metrics.registry),
    watchLedger: (snapshot) => {
      refresh.push(createLedgerGauges(metrics.registry, snapshot));
    },
    watchCapacity: (read) => {
      refresh.push(createCapacityGauges(metrics.registry, read));
    },
    watchSweep: (read) => {
      refresh.push(createSweepGauges(metrics.registry, read));
    },
    watchFiles: (read) => {
      refresh.push(createFileGauges(metrics.registry, read));
    },
    render: async () => {
      await Promise.all(refresh.map((each) => each()));
      return metrics.registry.metrics();
    },
  };
}
