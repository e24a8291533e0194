import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { configWarnings, providerConnection, type Config, type ProcessConfig } from '../config/index.ts';
import {
  createLeases,
  deletionsPaused,
  guardDeletions,
  keepPulse,
  leaseSettings,
  startLedger,
  type Identity,
  type LedgerStart,
} from '../leases/index.ts';
import { leaseCounts, type Ledger } from '../ledger/index.ts';
import { createStoreProvider } from '../providers/index.ts';
import { createEventLogger } from '../telemetry/logger.ts';
import { createApiMetrics, type ApiMetrics, type CapacityReading } from '../telemetry/metrics.ts';
import { createSessionNotifier, createTemporalClient } from '../workflows/client.ts';
import { schedulePeriods } from '../workflows/messages.ts';
import { buildApp } from './app.ts';
import type { App } from './deps.ts';
import { providerProbe, withinLimits } from './limits.ts';
import {
  deletionsProbe,
  ledgerProbe,
  noticesProbe,
  schedulesProbe,
  temporalProbe,
  workerProbe,
} from './probes.ts';
import { createReadiness, type Probe } from './readiness.ts';
import { apiSettings } from './settings.ts';

/** Everything that was accepted is answered within this, or cut off. */
const DRAIN_MS = 10_000;
const IDLE_SWEEP_MS = 100;
/** A database that starts together with this process is there within seconds; a machine that boots needs more. */
const LEDGER_GIVE_UP_AFTER_MS = 60_000;

export interface RunningApi {
  /** Stops accepting, finishes what it has within 10 s, and lets go of everything, newest first. */
  stop(): Promise<void>;
}

/** Assembles the api and listens. Temporal may be away: it is connected to when it is first needed. */
export async function runApi(loaded: ProcessConfig, log: Logger, signal: AbortSignal): Promise<RunningApi> {
  const { config } = loaded;
  for (const warning of configWarnings(config)) log.warn(warning);
  const metrics = createApiMetrics();
  const unguarded = createStoreProvider({ ...providerConnection(config), meter: metrics.provider });
  const { ledger, identity } = await openOurLedger({ config, provider: unguarded, log, signal });
  const temporal = connectTemporal(loaded, identity, log);
  const leases = createLeases({
    ledger,
    provider: await withinLimits(guardDeletions(unguarded, ledger), {
      ledger,
      accountId: identity.accountId,
      config,
      metrics,
      log,
    }),
    accountId: identity.accountId,
    settings: leaseSettings(config, identity.instanceId),
    notifier: temporal.notifier,
    meter: metrics.lease,
    log: createEventLogger(log),
  });
  watchAll(metrics, ledger, async () =>
    (await leases.capacity()).find(({ accountId }) => accountId === identity.accountId),
  );
  const readiness = createReadiness({
    ...probesOf(ledger, temporal.client, config),
    provider: providerProbe(ledger, identity.accountId),
  });
  const app = await buildApp({ leases, log, metrics, settings: apiSettings(config), readiness });
  const letGo = async (): Promise<void> => {
    await temporal.notifier.stop();
    await temporal.client.connection.close();
    await ledger.close();
  };
  await listen(app, config, letGo);
  // Only now can clients renew.
  const graceMs = config.OUTAGE_GRACE_SECONDS * 1_000;
  const beating = keepPulse({ ledger, by: 'api', graceMs, log, signal });
  log.info({ event: 'api_started', url: app.listeningOrigin, instance_id: identity.instanceId }, 'api ready');
  return {
    stop: async () => {
      await Promise.all([closeWithin(app, DRAIN_MS), leases.settle(DRAIN_MS), beating]);
      await letGo();
    },
  };
}

function watchAll(metrics: ApiMetrics, ledger: Ledger, capacity: () => Promise<CapacityReading | undefined>) {
  metrics.watchPool(() => ledger.stats());
  metrics.watchLedger(async () => ({
    ...(await leaseCounts(ledger)),
    deletionsPaused: (await deletionsPaused(ledger)) !== undefined,
  }));
  metrics.watchCapacity(capacity);
}

function openOurLedger(
  start: Pick<LedgerStart, 'provider' | 'log' | 'signal'> & { readonly config: Config },
) {
  const { config, provider, log, signal } = start;
  return startLedger({
    url: config.DATABASE_URL ?? '',
    poolSize: config.LEDGER_POOL_SIZE,
    applicationName: 'loiter-killer-api',
    instanceId: config.INSTANCE_ID,
    giveUpAfterMs: LEDGER_GIVE_UP_AFTER_MS,
    provider,
    log,
    signal,
  });
}

function connectTemporal({ config, temporal }: ProcessConfig, { instanceId }: Identity, log: Logger) {
  const client = createTemporalClient({
    connectionOptions: { ...temporal.connectionOptions, address: config.TEMPORAL_ADDRESS ?? '' },
    namespace: config.TEMPORAL_NAMESPACE,
  });
  const settings = { instanceId, taskQueue: config.TASK_QUEUE };
  return { client, notifier: createSessionNotifier({ client, settings, log }) };
}

function probesOf(ledger: Ledger, client: Client, config: Config): Readonly<Record<string, Probe>> {
  return {
    ledger: ledgerProbe(ledger),
    temporal: temporalProbe(client),
    worker: workerProbe(ledger),
    schedules: schedulesProbe(client, SCHEDULE_IDS),
    notices: noticesProbe(ledger),
    deletions: deletionsProbe(ledger),
  };
}

async function listen(app: App, config: Config, letGo: () => Promise<void>): Promise<void> {
  try {
    await app.listen({ host: config.HOST, port: config.PORT });
  } catch (error) {
    await letGo();
    throw error;
  }
}

async function closeWithin(app: App, limitMs: number): Promise<void> {
  const cutOff = setTimeout(() => {
    app.server.closeAllConnections();
  }, limitMs);
  // A connection that was busy when closing began is kept alive after its answer; nobody else would end it.
  const sweep = setInterval(() => {
    app.server.closeIdleConnections();
  }, IDLE_SWEEP_MS);
  await app.close();
  clearTimeout(cutOff);
  clearInterval(sweep);
}
