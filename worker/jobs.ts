import type { Logger } from 'pino';
import { timeZoneOf, type Config } from '../config/index.ts';
import { MAINTENANCE_JOBS } from '../domain/jobs.ts';
import { describeTiming, jobTimings, reasonOff, type MaintenanceSettings } from '../maintenance/index.ts';
import { PRUNE_TIME } from '../workflows/messages.ts';
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

const seconds = (everySeconds: number): string => describeTiming({ kind: 'interval', everySeconds });

/** Says once what of the whole service runs by itself, and when. `jobs` are those of this worker's disk. */
export function tellOfJobs(
  log: Logger,
  config: Config,
  { queue, jobs }: { readonly queue: string | undefined; readonly jobs: readonly PlannedJob[] },
): void {
  const schedules = {
    'prune-history': PRUNE_TIME,
    sweep: seconds(config.SWEEP_INTERVAL_SECONDS),
    'files-retention': seconds(config.FILES_CLEANUP_INTERVAL_HOURS * 3_600),
    ...Object.fromEntries(
      jobs.map(({ job, timing }) => [job, timing === undefined ? 'off' : describeTiming(timing)]),
    ),
  };
  const list = Object.entries(schedules).map(([job, schedule]) => ({ job, schedule }));
  log.info({ event: 'scheduler_started', task_queue: queue ?? null, jobs: list }, 'jobs scheduled');
}
