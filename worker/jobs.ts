import type { Logger } from 'pino';
import { timeZoneOf, type Config } from '../config/index.ts';
import { MAINTENANCE_JOBS } from '../domain/jobs.ts';
import {
  describeTiming,
  jobTimings,
  reasonOff,
  type MaintenanceSettings,
  type Timing,
} from '../maintenance/index.ts';
import type { PlannedJob } from './job-schedules.ts';

/** The jobs as this worker's configuration has them: when each runs, or that it does not. */
export async function planJobs(
  config: Config,
  settings: MaintenanceSettings,
): Promise<readonly PlannedJob[]> {
  const timings = jobTimings(config, timeZoneOf(config));
  return Promise.all(
    MAINTENANCE_JOBS.map(async (job) => {
      const isOff = (await reasonOff(settings, job)) !== undefined;
      return { job, timing: isOff ? undefined : timings[job] };
    }),
  );
}

const told = (timing: Timing | undefined): string => (timing === undefined ? 'off' : describeTiming(timing));

/** Says once what runs by itself. */
export function tellOfJobs(
  log: Logger,
  queue: string | undefined,
  jobs: readonly { readonly job: string; readonly timing: Timing | undefined }[],
): void {
  const list = jobs.map(({ job, timing }) => ({ job, schedule: told(timing) }));
  log.info({ event: 'scheduler_started', task_queue: queue ?? null, jobs: list }, 'jobs scheduled');
}
