import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Activities } from '../activities/contract.ts';
import { createActivities } from '../activities/index.ts';
import { providerConnection, type ProcessConfig } from '../config/index.ts';
import { createLeaseKeeper, guardDeletions, leaseSettings, startLedger } from '../leases/index.ts';
import { limitProvider, limitSettings } from '../deletion/limits/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { createStoreProvider } from '../providers/index.ts';
import { createLimitMetrics } from '../telemetry/limit-metrics.ts';
import { createEventLogger } from '../telemetry/logger.ts';
import { createWorkerMetrics, type Metrics } from '../telemetry/metrics.ts';
import {
  createSessionNotifier,
  createTemporalClient,
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
  readonly activities: Activities;
  /** What the check of Temporal has found. */
  readonly found: { searchAttributes: boolean };
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Builds the parts; waits for the database, not for Temporal. */
export async function assemble(loaded: ProcessConfig, log: Logger, signal: AbortSignal): Promise<Parts> {
  const { config } = loaded;
  const metrics = createWorkerMetrics();
  const unguarded = createStoreProvider({ ...providerConnection(config), meter: metrics.provider });
  const { ledger, identity } = await startLedger({
    url: config.DATABASE_URL ?? '',
    poolSize: config.LEDGER_POOL_SIZE,
    applicationName: 'loiter-killer-worker',
    giveUpAfterMs: LEDGER_GIVE_UP_AFTER_MS,
    provider: unguarded,
    instanceId: config.INSTANCE_ID,
    log,
    signal,
  });
  metrics.watchPool(() => ledger.stats());
  const { instanceId, accountId } = identity;
  const client = createTemporalClient(temporalTarget(loaded));
  const notifier = createSessionNotifier({
    client,
    settings: { instanceId, taskQueue: config.TASK_QUEUE },
    log,
  });
  const provider = await limitProvider(guardDeletions(unguarded, ledger), {
    ledger,
    accountId,
    settings: limitSettings(config),
    meter: createLimitMetrics(metrics.registry, metrics.files)(unguarded.account.provider),
    log,
  });
  const settings = leaseSettings(config, instanceId);
  const found = { searchAttributes: false };
  const meter = metrics.lease;
  const events = createEventLogger(log);
  const uploads = metrics.files;
  const leaseDeps = { ledger, provider, accountId, settings, notifier, meter, uploads, log: events };
  const keeper = createLeaseKeeper(leaseDeps);
  const activities = createActivities({ keeper, log, searchAttributes: () => found.searchAttributes });
  return { loaded, ledger, client, notifier, activities, found, metrics, log, signal };
}

/** Where Temporal is, for both kinds of connection. */
export function temporalTarget({ config, temporal }: ProcessConfig) {
  const connectionOptions = { ...temporal.connectionOptions, address: config.TEMPORAL_ADDRESS ?? '' };
  return { connectionOptions, namespace: config.TEMPORAL_NAMESPACE };
}
