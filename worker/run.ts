import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { ProcessConfig } from '../config/index.ts';
import { checkCluster, every, keepPulse } from '../leases/index.ts';
import { beat, dueForWake, unseeAll, writeNotice } from '../ledger/index.ts';
import { maintenanceQueueOf } from '../workflows/activity-options.ts';
import { assemble, temporalTarget, type Parts } from './assemble.ts';
import { workflowSource } from './bundle.ts';
import { ensureNamespace, ensureSearchAttributes } from './ensure-namespace.ts';
import { ensureSchedules, updateSchedules, type ScheduleSettings } from './ensure-schedules.ts';
import { createFilePoll } from './file-poll.ts';
import { createJobScheduler, type JobScheduler } from './job-scheduler.ts';
import { planJobs, tellOfJobs } from './jobs.ts';
import { startMetricsServer } from './metrics-server.ts';
import { createOutbox } from './outbox.ts';
import { supervise, type Attempt, type Supervisor } from './supervise.ts';
import { watchDisk } from './watch-disk.ts';
import { createWorkers } from './workers.ts';

/** Readiness wants to have heard of a worker within 30 s. */
const BEAT_EVERY_MS = 10_000;
const ENSURE_EVERY_MS = 60_000;

/** Assembles the worker and runs it until `signal`; resolves when everything is let go of, newest first. */
export async function runWorker(loaded: ProcessConfig, log: Logger, signal: AbortSignal): Promise<void> {
  const parts = await assemble(loaded, log, signal);
  const { metrics, notifier, client, ledger } = parts;
  const jobs = await openJobs(parts);
  const supervisor = supervise({ start: () => startWorkers(parts, jobs), log, signal });
  const server = await startMetricsServer({
    port: loaded.config.WORKER_METRICS_PORT,
    render: () => metrics.render(),
    contentType: metrics.contentType,
    healthy: supervisor.isRunning,
  });
  await Promise.all([supervisor.ended, ...background(parts, supervisor, jobs)]);
  server.close();
  await Promise.all([notifier.stop(), parts.fileNotifier.stop()]);
  await client.connection.close();
  await ledger.close();
}

/** What goes on beside the workers until the process stops. */
function background(parts: Parts, supervisor: Supervisor, jobs: DiskJobs): Promise<void>[] {
  const { ledger, notifier, log, signal } = parts;
  const outbox = createOutbox({ dueForWake: (limit) => dueForWake(ledger, limit), notifier });
  const files = createFilePoll({ dueMs: () => parts.files.upkeepDueMs(), notifier: parts.fileNotifier });
  const workerId = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  const pollMs = parts.loaded.config.OUTBOX_POLL_SECONDS * 1_000;
  let beatDue = 0;
  const heartbeat = async () => {
    // Looked at each second, so that a worker that has just begun to run is heard of at once.
    if (!supervisor.isRunning() || performance.now() < beatDue) return;
    await beat(ledger, workerId);
    beatDue = performance.now() + BEAT_EVERY_MS;
  };
  // Workers that are not running yet ensure everything themselves before they start.
  const ensure = () => (supervisor.isRunning() ? ensureTemporal(parts, jobs) : Promise.resolve());
  const graceMs = parts.loaded.config.OUTAGE_GRACE_SECONDS * 1_000;
  const cluster = () => checkCluster(ledger, log);
  return [
    keepPulse({ ledger, by: 'worker', graceMs, log, signal }),
    every({ name: 'the outbox', everyMs: pollMs, log, signal }, outbox),
    every({ name: 'the poll of files', everyMs: pollMs, log, signal }, files),
    every({ name: 'the heartbeat', everyMs: 1_000, log, signal }, heartbeat),
    every({ name: 'the check of the cluster', everyMs: ENSURE_EVERY_MS, log, signal }, cluster),
    every({ name: 'the check of Temporal', everyMs: ENSURE_EVERY_MS, log, signal }, ensure),
    watchDisk(parts),
  ];
}

function scheduleSettings({ loaded: { config } }: Parts): ScheduleSettings {
  return {
    taskQueue: config.TASK_QUEUE,
    sweepIntervalSeconds: config.SWEEP_INTERVAL_SECONDS,
    filesIntervalHours: config.FILES_CLEANUP_INTERVAL_HOURS,
  };
}

async function startWorkers(parts: Parts, jobs: DiskJobs): Promise<Attempt> {
  const { loaded, activities, log } = parts;
  await ensureTemporal(parts, jobs);
  await updateSchedules(parts.client, scheduleSettings(parts));
  tellOfRetention(parts);
  await jobs.scheduler?.begin();
  const connection = await NativeConnection.connect(temporalTarget(loaded).connectionOptions);
  const close = () => connection.close();
  try {
    const workers = await createWorkers({
      connection,
      namespace: loaded.config.TEMPORAL_NAMESPACE,
      taskQueue: loaded.config.TASK_QUEUE,
      activities,
      maintenance:
        jobs.queue === undefined ? undefined : { taskQueue: jobs.queue, activities: parts.jobs.activities },
      workflows: await workflowSource(log),
      drainSlots: loaded.config.PROVIDER_CONCURRENCY,
      maxCachedWorkflows: loaded.config.MAX_CACHED_WORKFLOWS,
    });
    return { workers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function tellOfRetention({ loaded: { config }, log }: Parts): void {
  log.info({
    event: 'files_retention_scheduled',
    retention_days: config.FILE_RETENTION_DAYS,
    interval_hours: config.FILES_CLEANUP_INTERVAL_HOURS,
  });
}

/** The jobs on this host's disk; without a queue it has none. */
interface DiskJobs {
  readonly queue: string | undefined;
  readonly scheduler: JobScheduler | undefined;
}

async function openJobs({ loaded: { config }, client, jobs, log }: Parts): Promise<DiskJobs> {
  const queue = maintenanceQueueOf(config.TASK_QUEUE, config.MAINTENANCE_TASK_QUEUE);
  const planned = () => planJobs(config, jobs.settings);
  tellOfJobs(log, config, { queue, jobs: queue === undefined ? [] : await planned() });
  if (queue === undefined) return { queue, scheduler: undefined };
  const report = config.METRICS_URL !== undefined;
  const settings = { taskQueue: config.TASK_QUEUE, maintenanceTaskQueue: queue, report };
  const scheduler = createJobScheduler(async () => ({ client, jobs: await planned(), settings, log }));
  return { queue, scheduler };
}

/** Namespace, search attributes and schedules, at start and each minute: Temporal may be wiped under us. */
async function ensureTemporal(parts: Parts, jobs: DiskJobs): Promise<void> {
  const { client, ledger, log } = parts;
  await ensureNamespace(client);
  const missing = await ensureSearchAttributes(client);
  parts.found.searchAttributes = missing.length === 0;
  if (missing.length > 0) {
    const detail = `Temporal lacks the search attributes ${missing.join(', ')} and does not let us add them`;
    log.warn({ missing }, detail);
    await writeNotice(ledger, { kind: 'search_attributes_missing', detail });
  }
  await ensureSchedules({
    client,
    settings: scheduleSettings(parts),
    onAllMissing: async () => {
      log.warn(
        'no schedule of ours in Temporal: a first start, or it has lost its memory; every session is told again',
      );
      await unseeAll(ledger);
    },
  });
  await jobs.scheduler?.ensure();
}
