import type { MaintenanceJob } from '../domain/jobs.ts';
import { ensureJobSchedules, runAtStart, updateJobSchedules, type JobSchedules } from './job-schedules.ts';

/** The contract's: results are cleaned when the service starts. */
const AT_START: MaintenanceJob = 'results-cleanup';

export interface JobScheduler {
  /** Brings every schedule up to date; once a process, begins with what is to run at start. */
  begin(): Promise<void>;
  /** Makes what is missing, and does what Temporal did not take before. */
  ensure(): Promise<void>;
}

/** Keeps the schedules of this worker's jobs, and remembers of which of them Temporal took nothing yet. */
export function createJobScheduler(read: () => Promise<JobSchedules>): JobScheduler {
  let outdated: ReadonlySet<MaintenanceJob> = new Set();
  let isToRun = false;
  let isFirst = true;
  const catchUp = async (schedules: JobSchedules): Promise<void> => {
    const jobs = schedules.jobs.filter(({ job }) => outdated.has(job));
    if (jobs.length > 0) outdated = new Set(await updateJobSchedules({ ...schedules, jobs }));
    if (isToRun && !outdated.has(AT_START)) isToRun = (await runAtStart(schedules, AT_START)).length > 0;
  };
  return {
    begin: async () => {
      const schedules = await read();
      outdated = new Set(schedules.jobs.map(({ job }) => job));
      isToRun ||= isFirst;
      isFirst = false;
      await catchUp(schedules);
    },
    ensure: async () => {
      const schedules = await read();
      await ensureJobSchedules(schedules);
      await catchUp(schedules);
    },
  };
}
