import { longestPeriodSeconds, timeZoneOf, type Config } from '../config/index.ts';
import { JOBS, type JobName } from '../domain/jobs.ts';
import { createJobsReader, jobTimings, type JobPeriods, type Timing } from '../maintenance/index.ts';
import { jobPlans, type PlansOptions } from './job-plans.ts';
import type { Foundation } from './open-room.ts';

const DAY_SECONDS = 86_400;

/** Adds the gauges over the jobs. */
export function watchJobs({ ledger, metrics }: Foundation, options: PlansOptions): void {
  let known: Promise<JobPeriods> | undefined;
  // What the configuration says does not change; directories are looked at once.
  const periods = () => (known ??= jobPeriods(options));
  metrics.watchJobs(createJobsReader({ ledger, settings: options.maintenance, periods }));
}

/** The longest time between two runs of each job that runs by itself, in seconds. */
async function jobPeriods(options: PlansOptions): Promise<JobPeriods> {
  const plans = await jobPlans(options);
  const seconds = scheduled(options.config);
  const running = JOBS.filter((name) => plans[name].off === undefined && plans[name].schedule !== undefined);
  return Object.fromEntries(running.map((name) => [name, seconds[name]]));
}

function scheduled(config: Config): Readonly<Record<JobName, number | undefined>> {
  const timings = jobTimings(config, timeZoneOf(config));
  return {
    'prune-history': DAY_SECONDS,
    sweep: config.SWEEP_INTERVAL_SECONDS,
    'files-retention': config.FILES_CLEANUP_INTERVAL_HOURS * 3_600,
    'results-cleanup': periodOf(timings['results-cleanup']),
    'aged-files-cleanup': periodOf(timings['aged-files-cleanup']),
    'conversations-cleanup': periodOf(timings['conversations-cleanup']),
    backups: periodOf(timings.backups),
  };
}

function periodOf(timing: Timing | undefined): number | undefined {
  if (timing === undefined) return undefined;
  return timing.kind === 'interval'
    ? timing.everySeconds
    : longestPeriodSeconds(timing.cron, timing.timeZone);
}
