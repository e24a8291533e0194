import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { drainActivities } from '../activities/index.ts';
import type { Activities } from '../activities/contract.ts';
import type { JobActivities } from '../activities/job-contract.ts';
import { drainTaskQueue } from '../workflows/activity-options.ts';
import type { WorkflowSource } from './bundle.ts';
import { PAYLOAD_CONVERTER_PATH } from './bundle-key.ts';

/** Time for a pass that is nearly done; then it is asked to stop and hands back what it has not done. */
const SHUTDOWN_GRACE = '2 seconds';
/** What has not ended by then is left to its timeout and another worker. */
const SHUTDOWN_FORCE = '8 seconds';
/**
 * Workflow tasks at once. Fewer than the cache holds by far, so that a session that waits for its deletion is still
 * there when that has ended: 1000 equal deadlines took 74 s with the default of 40 and 55 s with 6 to 12, because each
 * lease was rebuilt from its history once instead of twice.
 */
const WORKFLOW_TASK_SLOTS = 10;
/** Settling claims and provider expiries of live leases: rare, and bound by the provider. */
const MAIN_ACTIVITY_SLOTS = 32;

/** Each job once, and as many that somebody asks for. */
const JOB_SLOTS = 8;
/**
 * How far a job is, is known to the server within this time. The SDK's own figure is 24 s, four fifths of the heartbeat
 * timeout: as long as that, a worker that dies takes the numbers of a job with it.
 */
const JOB_BEAT_EVERY = '1 second';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: Activities;
  readonly workflows: WorkflowSource;
  /** The jobs on this host's disk; absent where it has none. */
  readonly maintenance?: { readonly taskQueue: string; readonly activities: JobActivities } | undefined;
  /** Passes over draining leases at once. */
  readonly drainSlots: number;
  /**
   * Sleeping sessions need no cache: a wake without it costs 30 ms. Enough for those awake at one time, from the
   * decision to delete until the deletion's outcome; with 300 the process peaked at 555 MB in a burst of 600 first
   * acquires, with 100 at 470 MB, and fell back to 250 MB.
   */
  readonly maxCachedWorkflows: number;
}

/**
 * The workers of the process: decisions (workflows, ledger work) and deletions, which are apart so that a thousand
 * deletions delay no decision; and where there is a disk, the jobs on it.
 */
export async function createWorkers(options: WorkersOptions): Promise<readonly Worker[]> {
  const main = await Worker.create(mainOptions(options));
  const drains = await Worker.create(drainOptions(options));
  if (options.maintenance === undefined) return [main, drains];
  return [main, drains, await Worker.create(maintenanceOptions(options, options.maintenance))];
}

function mainOptions(options: WorkersOptions): WorkerOptions {
  const { connection, namespace, taskQueue, activities, workflows } = options;
  return {
    connection,
    namespace,
    taskQueue,
    activities,
    ...workflows,
    // In a prebuilt bundle it is built in; a worker that bundles itself takes it from here.
    dataConverter: { payloadConverterPath: PAYLOAD_CONVERTER_PATH },
    maxCachedWorkflows: options.maxCachedWorkflows,
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASK_SLOTS,
    maxConcurrentActivityTaskExecutions: MAIN_ACTIVITY_SLOTS,
    // `maxConcurrentWorkflowTaskPolls` is read by no code since 1.23. Most wakes are of workflows that left the
    // cache, but still come by the sticky queue; new ones and timers after a restart come by the other.
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
    nonStickyToStickyPollRatio: 0.5,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
    // All state is in the ledger: a run that cannot be replayed is failed and the outbox starts a fresh one.
    workflowFailureErrorTypes: { '*': ['NondeterminismError'] },
    reuseV8Context: true,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  };
}

function drainOptions(options: WorkersOptions): WorkerOptions {
  return {
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: drainTaskQueue(options.taskQueue),
    activities: drainActivities(options.activities),
    maxConcurrentActivityTaskExecutions: options.drainSlots,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: Math.min(5, options.drainSlots) },
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  };
}

function maintenanceOptions(
  { connection, namespace }: WorkersOptions,
  { taskQueue, activities }: NonNullable<WorkersOptions['maintenance']>,
): WorkerOptions {
  return {
    connection,
    namespace,
    taskQueue,
    activities,
    maxConcurrentActivityTaskExecutions: JOB_SLOTS,
    maxHeartbeatThrottleInterval: JOB_BEAT_EVERY,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  };
}
