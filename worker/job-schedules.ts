import {
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { shortestPeriodSeconds } from '../config/index.ts';
import type { MaintenanceJob } from '../domain/jobs.ts';
import type { Timing } from '../maintenance/index.ts';
import { JOB_WORKFLOWS, type BackupsInput, type JobInput } from '../workflows/messages.ts';
import { createSchedule, describeSchedule, updateSchedule, withinDeadline } from './schedule-calls.ts';

/** Temporal takes no catch-up window below 10 s. */
const MIN_CATCHUP_SECONDS = 10;
/** A run that an outage has kept from its time is made up for within so long, once. */
const MAX_CATCHUP_SECONDS = 6 * 3_600;

/** A job on this worker's disk, and when it runs by itself; undefined = it is off here, or never runs by itself. */
export interface PlannedJob {
  readonly job: MaintenanceJob;
  readonly timing: Timing | undefined;
}

export interface JobScheduleSettings {
  /** Of the workflows. */
  readonly taskQueue: string;
  /** Of their activities: those who have the disk. */
  readonly maintenanceTaskQueue: string;
  /** Whether somebody wants to be told of cleanups of results. */
  readonly report: boolean;
}

/** The schedule of a job. A missed run is made up for once at most: the window is no longer than the time between two. */
export function jobScheduleDefinition(
  job: MaintenanceJob,
  timing: Timing,
  settings: JobScheduleSettings,
): ScheduleOptions {
  const queue = { taskQueue: settings.maintenanceTaskQueue };
  const report = job === 'results-cleanup' && settings.report ? { report: true } : {};
  const input: JobInput | BackupsInput =
    job === 'backups' ? { ...queue, manual: false } : { ...queue, ...report, dryRun: false };
  const period =
    timing.kind === 'interval' ? timing.everySeconds : shortestPeriodSeconds(timing.cron, timing.timeZone);
  const catchup = Math.max(MIN_CATCHUP_SECONDS, Math.min(MAX_CATCHUP_SECONDS, period));
  return {
    scheduleId: job,
    spec:
      timing.kind === 'interval'
        ? { intervals: [{ every: `${timing.everySeconds} seconds` }] }
        : { cronExpressions: [timing.cron], timezone: timing.timeZone },
    action: {
      type: 'startWorkflow',
      taskQueue: settings.taskQueue,
      workflowType: JOB_WORKFLOWS[job],
      workflowId: job,
      args: [input],
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      pauseOnFailure: false,
      catchupWindow: `${catchup} seconds`,
    },
  };
}

export interface JobSchedules {
  readonly client: Client;
  readonly jobs: readonly PlannedJob[];
  readonly settings: JobScheduleSettings;
  readonly log: Logger;
}

/** Makes the schedules that are missing. One that Temporal refuses holds up nothing else; resolves with those. */
export async function ensureJobSchedules(schedules: JobSchedules): Promise<readonly MaintenanceJob[]> {
  return forEachJob(schedules, async (_handle, { job, timing }) => {
    if (timing === undefined) return;
    if ((await describeSchedule(schedules.client, job)) !== undefined) return;
    await createSchedule(schedules.client, jobScheduleDefinition(job, timing, schedules.settings));
  });
}

/**
 * Brings the schedules up to date with this worker's configuration; what an operator paused stays paused. That of a job
 * which is off is deleted, where it is of workers like this one: elsewhere another disk may have it. Resolves with the
 * jobs of which Temporal took nothing.
 */
export async function updateJobSchedules(schedules: JobSchedules): Promise<readonly MaintenanceJob[]> {
  const { client, settings, log } = schedules;
  return forEachJob(schedules, async (handle, { job, timing }) => {
    const found = await describeSchedule(client, job);
    const queue = queueOf(found);
    const ours = settings.maintenanceTaskQueue;
    if (timing === undefined) {
      if (found !== undefined && queue === ours) await withinDeadline(client, () => handle.delete());
      return;
    }
    const definition = jobScheduleDefinition(job, timing, settings);
    if (found === undefined) return createSchedule(client, definition);
    if (queue !== ours) log.warn({ event: 'job_schedule_moved', job, from: queue, to: ours });
    await updateSchedule(client, definition);
  });
}

/**
 * Runs a job now, as its schedule would; a paused one stays as it is, and so does one that runs already. Resolves with
 * the job where Temporal did not take it.
 */
export async function runAtStart(
  schedules: JobSchedules,
  name: MaintenanceJob,
): Promise<readonly MaintenanceJob[]> {
  return forEachJob(schedules, async (handle, { job, timing }) => {
    if (job !== name || timing === undefined) return;
    const found = await describeSchedule(schedules.client, job);
    if (found === undefined || found.state.paused) return;
    await withinDeadline(schedules.client, () => handle.trigger(ScheduleOverlapPolicy.SKIP));
  });
}

async function forEachJob(
  { client, jobs, log }: JobSchedules,
  work: (handle: ScheduleHandle, job: PlannedJob) => Promise<void>,
): Promise<readonly MaintenanceJob[]> {
  const failed: MaintenanceJob[] = [];
  for (const planned of jobs) {
    try {
      await work(client.schedule.getHandle(planned.job), planned);
    } catch (error) {
      log.warn({ event: 'job_schedule_failed', job: planned.job, err: error });
      failed.push(planned.job);
    }
  }
  return failed;
}

/** Whose disk a schedule is for. */
function queueOf(found: ScheduleDescription | undefined): string | undefined {
  const [input] = (found?.action.args ?? []) as readonly (JobInput | undefined)[];
  return input?.taskQueue;
}
