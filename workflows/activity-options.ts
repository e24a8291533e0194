import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { JOB_TRIES } from '../domain/jobs.ts';

/**
 * Ledger work beside the workflow. Three quick tries stay within one workflow task (10 s); what then still fails
 * waits on a workflow timer (`ledger-work.ts`), because a local activity that retries for long keeps the task open
 * with three events each 8 s.
 */
export const LEDGER_WORK: LocalActivityOptions = {
  startToCloseTimeout: '5 seconds',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumAttempts: 3 },
};

/**
 * A call to the provider for a live lease. Three tries, then the workflow looks again: the need may be gone by
 * then. 3 minutes hold a full listing and a create, each with its own deadline.
 */
export const PROVIDER_CALL: ActivityOptions = {
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 3,
  },
  cancellationType: 'TRY_CANCEL',
};

/**
 * A pass over a draining lease. Failures of the provider come back as an outcome; what retries here is an
 * unreachable ledger or a lost worker, for as long as it takes.
 */
export const DRAIN_PASS: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  cancellationType: 'TRY_CANCEL',
};

/** Scheduled housekeeping: the next run makes up for one that fails. */
export const MAINTENANCE: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  retry: {
    initialInterval: '10 seconds',
    backoffCoefficient: 2,
    maximumInterval: '5 minutes',
    maximumAttempts: 10,
  },
};

/**
 * A step of a sweep. What a provider does wrong comes back as an outcome; what retries here is an unreachable ledger
 * or a lost worker. The next scheduled run makes up for one that fails.
 */
export const SWEEP_STEP: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 5,
  },
  cancellationType: 'TRY_CANCEL',
};

/**
 * A step of a run over the uploaded files, or a pass of their upkeep; on the drains' task queue. As with a sweep, what a
 * provider does wrong comes back as an outcome, and what is due stays due in the ledger.
 */
export const FILE_STEP: ActivityOptions = SWEEP_STEP;

/** The drains have a task queue of their own, so that deletion never delays a decision. */
export function drainTaskQueue(taskQueue: string): string {
  return `${taskQueue}-drains`;
}

/** What `MAINTENANCE_TASK_QUEUE` says where a host is to have nothing to do with these jobs. */
const NO_QUEUE = 'off';

/** Jobs on a disk have a task queue of their own: only workers that have it poll it. */
export function maintenanceTaskQueue(taskQueue: string): string {
  return `${taskQueue}-maintenance`;
}

/** The same as configured; undefined where it is off. */
export function maintenanceQueueOf(taskQueue: string, configured: string | undefined): string | undefined {
  const queue = configured ?? maintenanceTaskQueue(taskQueue);
  return queue === NO_QUEUE ? undefined : queue;
}

/**
 * A job on a directory or a database, or a backup. Its workers may be away for as long as it takes. The tries outlast a
 * restart of a database; the next run makes up for one that fails. Six hours hold a backup or a directory of any size
 * that was thought of.
 */
export const JOB_STEP: ActivityOptions = {
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: JOB_TRIES,
  },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};

/** Each try has 5 s of its own (the contract's number); five tries within half a minute outlast a restart. */
export const REPORT_STEP: ActivityOptions = {
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 5 },
};
