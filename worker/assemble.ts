import { getCompileCacheDir } from 'node:module';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Activities } from '../activities/contract.ts';
import type { JobActivities } from '../activities/job-contract.ts';
import { createActivities, createJobActivities } from '../activities/index.ts';
import { providerConnection, providerConnections, type ProcessConfig } from '../config/index.ts';
import { guardDeletions } from '../deletion/guard-deletions.ts';
import { limitProvider, limitSettings } from '../deletion/limits/index.ts';
import { createFileKeeper, fileSettings, openFileAccounts, type FileKeeper } from '../files/index.ts';
import {
  createLeaseKeeper,
  leaseSettings,
  startLedger,
  type Identity,
  type LeaseDeps,
} from '../leases/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { createJobKeeper, maintenanceSettings, type MaintenanceSettings } from '../maintenance/index.ts';
import { createProviders, type Providers } from '../providers/configured.ts';
import type { StoreProvider } from '../providers/port.ts';
import { createLimitMetrics } from '../telemetry/limit-metrics.ts';
import { createEventLogger } from '../telemetry/logger.ts';
import { createWorkerMetrics, type Metrics } from '../telemetry/metrics.ts';
import {
  createFileNotifier,
  createSessionNotifier,
  createTemporalClient,
  type TemporalFileNotifier,
  type TemporalSessionNotifier,
} from '../workflows/client.ts';

/** A worker has no caller that waits: it gives a database that restarts or is restored ample time. */
const LEDGER_GIVE_UP_AFTER_MS = 10 * 60_000;

/** What the worker is made of. */
export interface Parts {
  readonly loaded: ProcessConfig;
  readonly ledger: Ledger;
  readonly client: Client;
  readonly notifier: TemporalSessionNotifier;
  readonly fileNotifier: TemporalFileNotifier;
  /** For the poll that has the upkeep of files looked at. */
  readonly files: FileKeeper;
  readonly activities: Activities;
  readonly jobs: { readonly settings: MaintenanceSettings; readonly activities: JobActivities };
  /** What the check of Temporal has found. */
  readonly found: { searchAttributes: boolean };
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Builds the parts; waits for the database, not for Temporal. */
export async function assemble(loaded: ProcessConfig, log: Logger, signal: AbortSignal): Promise<Parts> {
  const { config } = loaded;
  const uploads = providerConnections(config);
  const metrics = createWorkerMetrics({
    providers: uploads.map(({ name }) => name),
    maxUsers: config.METRICS_MAX_USERS,
  });
  const providers = createProviders({ store: providerConnection(config), uploads }, metrics.provider);
  const { ledger, identity } = await startLedger({
    url: config.DATABASE_URL ?? '',
    poolSize: config.LEDGER_POOL_SIZE,
    applicationName: 'loiter-killer-worker',
    giveUpAfterMs: LEDGER_GIVE_UP_AFTER_MS,
    provider: providers.store,
    instanceId: config.INSTANCE_ID,
    log,
    signal,
  });
  metrics.watchPool(() => ledger.stats());
  const client = createTemporalClient(temporalTarget(loaded));
  const base = { loaded, ledger, client, metrics, log };
  const { keepers, notifier, fileNotifier } = await createKeepers(base, providers, identity);
  const found = { searchAttributes: false };
  const activities = createActivities({ ...keepers, log, searchAttributes: () => found.searchAttributes });
  const jobs = assembleJobs(base);
  return { ...base, notifier, fileNotifier, files: keepers.files, activities, jobs, found, signal };
}

/** The jobs on directories and databases that are not the service's own. */
function assembleJobs({ loaded: { config }, ledger, metrics, log }: Base): Parts['jobs'] {
  const settings = maintenanceSettings(config);
  const events = createEventLogger(log);
  const codeCache = getCompileCacheDir();
  const cache = codeCache === undefined ? {} : { codeCache };
  const jobs = createJobKeeper({ ledger, settings, log: events, meter: metrics.jobs, ...cache });
  return { settings, activities: createJobActivities({ jobs, log }) };
}

type Base = Pick<Parts, 'loaded' | 'ledger' | 'client' | 'metrics' | 'log'>;

/** What the activities work with: the leases and the files, on the same accounts. */
async function createKeepers(base: Base, providers: Providers, { instanceId, accountId }: Identity) {
  const { loaded, ledger, client, metrics, log } = base;
  const { config } = loaded;
  const { TASK_QUEUE: taskQueue } = config;
  const notifier = createSessionNotifier({ client, settings: { instanceId, taskQueue }, log });
  const limit = accountLimits(base);
  const leases: LeaseDeps = {
    ledger,
    provider: await limit(providers.store, accountId),
    accountId,
    settings: leaseSettings(config, instanceId),
    notifier,
    meter: metrics.lease,
    uploads: metrics.files,
    log: createEventLogger(log),
  };
  const files = createFileKeeper({
    ledger,
    accounts: await openFileAccounts({
      ledger,
      providers: providers.uploads,
      store: leases,
      limit,
      preferred: config.PREFERRED_PROVIDER,
    }),
    settings: fileSettings(config),
    meter: metrics.files,
    log: leases.log,
  });
  const fileNotifier = createFileNotifier({ client, taskQueue, log });
  return { keepers: { keeper: createLeaseKeeper(leases), files }, notifier, fileNotifier };
}

/** Puts a provider within the limits of its account. */
function accountLimits({ loaded, ledger, metrics, log }: Base) {
  const settings = limitSettings(loaded.config);
  const meterOf = createLimitMetrics(metrics.registry, metrics.files);
  return (provider: StoreProvider, accountId: number): Promise<StoreProvider> => {
    const meter = meterOf(provider.account.provider);
    return limitProvider(guardDeletions(provider, ledger), { ledger, accountId, settings, meter, log });
  };
}

/** Where Temporal is, for both kinds of connection. */
export function temporalTarget({ config, temporal }: ProcessConfig) {
  const connectionOptions = { ...temporal.connectionOptions, address: config.TEMPORAL_ADDRESS ?? '' };
  return { connectionOptions, namespace: config.TEMPORAL_NAMESPACE };
}
