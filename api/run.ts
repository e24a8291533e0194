import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import {
  configWarnings,
  providerConnection,
  providerConnections,
  type Config,
  type ProcessConfig,
} from '../config/index.ts';
import { openSpool, spoolMaxAgeMs, type Files, type Spool } from '../files/index.ts';
import { ServiceError } from '../domain/errors.ts';
import { beginLedger, deletionsPaused, keepPulse, type Identity, type Leases } from '../leases/index.ts';
import { leaseCounts, type Ledger } from '../ledger/index.ts';
import { createProviders } from '../providers/configured.ts';
import { createApiMetrics } from '../telemetry/metrics.ts';
import { createTemporalClient } from '../workflows/client.ts';
import { schedulePeriods } from '../workflows/messages.ts';
import { buildApp } from './app.ts';
import type { ApiDeps, App } from './deps.ts';
import { later } from './later.ts';
import { providerProbe } from './limits.ts';
import { openRoom, type Foundation, type Room } from './open-room.ts';
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
import { openJobs } from './open-jobs.ts';
import { createFileRunStarter } from './start-file-run.ts';
import { runSettings } from './start-run.ts';
import { createSweepStarter } from './start-sweep.ts';

/** Everything that was accepted is answered within this, or cut off. */
const DRAIN_MS = 10_000;
const IDLE_SWEEP_MS = 100;
/**
 * A ledger that is there has answered by then, also on a busy machine, so that callers meet no 503. One that refuses
 * is known at once; one that keeps silent must not keep `/health` away.
 */
const LISTEN_AFTER_MS = 5_000;

export interface RunningApi {
  /** Rejects where the ledger turns out to be one that cannot be used as configured; never resolves. */
  readonly failed: Promise<never>;
  /** Stops accepting, finishes what it has within 10 s, and lets go of everything, newest first. */
  stop(): Promise<void>;
}

/**
 * Assembles the api and listens. The ledger may be away: then its routes answer 503 until it is there. So may
 * Temporal, which is connected to when it is first needed.
 */
export async function runApi(loaded: ProcessConfig, log: Logger, signal: AbortSignal): Promise<RunningApi> {
  const { config } = loaded;
  for (const warning of configWarnings(config)) log.warn(warning);
  const { foundation, identity, away } = lay(loaded, log, signal);
  const leases = later<Leases>();
  const files = later<Files>();
  const opened: { room: Room | undefined } = { room: undefined };
  const opening = identity.then(async (who) => {
    opened.room = await openRoom(foundation, who);
    leases.open(opened.room.leases);
    files.open(opened.room.files);
    return opened.room;
  });
  opening.catch(() => undefined); // told below, once somebody listens
  const spool = spoolOf(config, log);
  const letGo = async () => {
    await spool.close();
    await letGoOf(foundation, opened.room);
  };
  const app = await appOf(foundation, identity, { leases: leases.face, files: files.face, spool });
  try {
    await Promise.race([opening, away, sleep(LISTEN_AFTER_MS)]);
    await app.listen({ host: config.HOST, port: config.PORT });
  } catch (error) {
    await letGo();
    throw error;
  }
  log.info({ event: 'api_listening', url: app.listeningOrigin }, 'api listening');
  const serving = opening.then((room) => serve(foundation, room, signal));
  return {
    failed: rejectionOf(serving, signal),
    stop: async () => {
      const { room } = opened;
      // A ledger that is still waited for has nothing of ours.
      const ours =
        room === undefined ? [] : [room.leases.settle(DRAIN_MS), room.files.settle(DRAIN_MS), serving];
      await Promise.allSettled([closeWithin(app, DRAIN_MS), ...ours]);
      await letGo();
    },
  };
}

function spoolOf(config: Config, log: Logger): Spool {
  return openSpool({
    directory: join(config.DATA_DIR, 'spool'),
    hostname: hostname(),
    pid: process.pid,
    maxAgeMs: spoolMaxAgeMs(config.UPLOAD_TIMEOUT * 1_000),
    log,
  });
}

/** What stands before anybody is asked; the ledger is begun with, and `away` resolves if it is found away. */
function lay(
  loaded: ProcessConfig,
  log: Logger,
  signal: AbortSignal,
): { foundation: Foundation; identity: Promise<Identity>; away: Promise<void> } {
  const { config, temporal } = loaded;
  const uploads = providerConnections(config);
  const metrics = createApiMetrics({
    providers: uploads.map(({ name }) => name),
    maxUsers: config.METRICS_MAX_USERS,
  });
  const providers = createProviders({ store: providerConnection(config), uploads }, metrics.provider);
  const away = Promise.withResolvers<undefined>();
  const { ledger, identity } = beginLedger({
    url: config.DATABASE_URL ?? '',
    poolSize: config.LEDGER_POOL_SIZE,
    applicationName: 'loiter-killer-api',
    instanceId: config.INSTANCE_ID,
    giveUpAfterMs: Infinity,
    onAway: () => {
      away.resolve(undefined);
    },
    provider: providers.store,
    log,
    signal,
  });
  const client = createTemporalClient({
    connectionOptions: { ...temporal.connectionOptions, address: config.TEMPORAL_ADDRESS ?? '' },
    namespace: config.TEMPORAL_NAMESPACE,
  });
  return { foundation: { config, ledger, providers, client, metrics, log }, identity, away: away.promise };
}

/** What the routes reach the service through. */
interface Faces {
  readonly leases: Leases;
  readonly files: Files;
  readonly spool: Spool;
}

async function appOf(foundation: Foundation, identity: Promise<Identity>, faces: Faces): Promise<App> {
  const { config, ledger, client, metrics, log } = foundation;
  metrics.watchPool(() => ledger.stats());
  metrics.watchLedger(async () => ({
    ...(await leaseCounts(ledger)),
    deletionsPaused: (await deletionsPaused(ledger)) !== undefined,
  }));
  const provider: Probe = async () => providerProbe(ledger, (await identity).accountId)();
  const readiness = createReadiness({ ...probesOf(ledger, client, config), provider });
  return buildApp({
    ...faces,
    fileMeter: metrics.files,
    log,
    metrics,
    settings: apiSettings(config),
    sweep: sweepOf(foundation),
    startFileRun: createFileRunStarter(client, runSettings(config)),
    jobs: openJobs(foundation),
    readiness,
  });
}

/** Without a provider of stores there is nothing to sweep. */
function sweepOf({ config, client, providers }: Foundation): ApiDeps['sweep'] {
  if (providers.store.offersStores) return createSweepStarter(client, runSettings(config));
  return () => Promise.reject(new ServiceError('PROVIDER_HAS_NO_STORES'));
}

/** Only now can clients renew, and only now does the ledger hear of us. Resolves after the signal. */
async function serve({ config, ledger, log }: Foundation, room: Room, signal: AbortSignal): Promise<void> {
  log.info({ event: 'api_started', instance_id: room.identity.instanceId }, 'api ready');
  const graceMs = config.OUTAGE_GRACE_SECONDS * 1_000;
  await keepPulse({ ledger, by: 'api', graceMs, log, signal });
}

/** A wait that is broken off because the process stops is no failure. */
function rejectionOf(serving: Promise<void>, signal: AbortSignal): Promise<never> {
  const failure = Promise.withResolvers<never>();
  serving.catch((error: unknown) => {
    if (!signal.aborted) failure.reject(error);
  });
  return failure.promise;
}

async function letGoOf({ client, ledger }: Foundation, room: Room | undefined): Promise<void> {
  await Promise.all([room?.notifier.stop(), room?.fileNotifier.stop()]);
  await client.connection.close();
  await ledger.close();
}

function probesOf(ledger: Ledger, client: Client, config: Config): Readonly<Record<string, Probe>> {
  return {
    ledger: ledgerProbe(ledger),
    temporal: temporalProbe(client),
    worker: workerProbe(ledger),
    schedules: schedulesProbe(
      client,
      schedulePeriods({
        sweepIntervalSeconds: config.SWEEP_INTERVAL_SECONDS,
        filesIntervalHours: config.FILES_CLEANUP_INTERVAL_HOURS,
      }),
    ),
    notices: noticesProbe(ledger),
    deletions: deletionsProbe(ledger),
  };
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
