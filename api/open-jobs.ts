import { maintenanceQueueOf } from '../workflows/activity-options.ts';
import { listBackups, maintenanceSettings, oneAtATime, resultsStats } from '../maintenance/index.ts';
import type { Jobs } from './deps.ts';
import { jobPlans } from './job-plans.ts';
import type { Foundation } from './open-room.ts';
import { readJobs, readSchedules } from './read-jobs.ts';
import { createJobStarter } from './start-job.ts';
import { runSettings } from './start-run.ts';
import { watchJobs } from './watch-jobs.ts';

/** The jobs as the routes see them. */
export function openJobs(foundation: Foundation): Jobs {
  const { config, client, ledger, providers } = foundation;
  const maintenance = maintenanceSettings(config);
  const queue = maintenanceQueueOf(config.TASK_QUEUE, config.MAINTENANCE_TASK_QUEUE);
  const { offersStores } = providers.store;
  const options = { config, maintenance, hasQueue: queue !== undefined, offersStores };
  const plans = () => jobPlans(options);
  watchJobs(foundation, options);
  const isRunning = async (): Promise<boolean> => {
    const [schedule] = await readSchedules(client, ['results-cleanup']);
    return schedule !== undefined && !schedule.paused;
  };
  return {
    list: () => readJobs({ client, ledger, plans }),
    start: createJobStarter({ client, settings: runSettings(config), maintenance, queue }),
    resultsStats: async () =>
      resultsStats(ledger, maintenance.results, {
        running: await isRunning(),
        intervalHours: config.RESULTS_CLEANUP_INTERVAL_HOURS,
      }),
    // A disk that does not answer keeps a thread of Node's pool, which has four.
    backups: oneAtATime(() => listBackups(maintenance.backups.directory)),
  };
}
