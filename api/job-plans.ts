import { timeZoneOf, type Config } from '../config/index.ts';
import { MAINTENANCE_JOBS, type JobName, type MaintenanceJob, type ManualJob } from '../domain/jobs.ts';
import { describeTiming, jobTimings, reasonOff, type MaintenanceSettings } from '../maintenance/index.ts';
import { PRUNE_TIME } from '../workflows/messages.ts';

/** What the configuration says of a job. */
export interface JobPlan {
  /** Why it cannot run; undefined where it can. */
  readonly off?: string | undefined;
  /** Why it runs only when somebody asks. */
  readonly manualOnly?: string | undefined;
  /** As people read it; absent where it never runs by itself. */
  readonly schedule?: string | undefined;
  readonly notes: readonly string[];
}

const NOT_OURS =
  'CHECKPOINT_DATABASE is a PostgreSQL database: its owner backs it up, only the ledger is backed up here.';
const every = (everySeconds: number): string => describeTiming({ kind: 'interval', everySeconds });

export interface PlansOptions {
  readonly config: Config;
  readonly maintenance: MaintenanceSettings;
  /** Whether this process starts jobs on a disk at all. */
  readonly hasQueue: boolean;
  readonly offersStores: boolean;
}

/** Every job as this process's configuration has it. */
export async function jobPlans(
  options: PlansOptions,
): Promise<Readonly<Record<JobName | ManualJob, JobPlan>>> {
  const { config, offersStores } = options;
  const maintenance = await Promise.all(
    MAINTENANCE_JOBS.map(async (job) => [job, await maintenancePlan(job, options)] as const),
  );
  return {
    'prune-history': { schedule: PRUNE_TIME, notes: [] },
    sweep: {
      schedule: every(config.SWEEP_INTERVAL_SECONDS),
      off: offersStores ? undefined : 'No configured provider offers vector stores.',
      notes: [],
    },
    'files-orphans-cleanup': { manualOnly: 'files-retention does the same on its schedule.', notes: [] },
    'files-retention': { schedule: every(config.FILES_CLEANUP_INTERVAL_HOURS * 3_600), notes: [] },
    ...(Object.fromEntries(maintenance) as Record<MaintenanceJob, JobPlan>),
  };
}

async function maintenancePlan(
  job: MaintenanceJob,
  { config, maintenance, hasQueue }: PlansOptions,
): Promise<JobPlan> {
  const notes = job === 'backups' && maintenance.backups.checkpoints?.kind === 'postgres' ? [NOT_OURS] : [];
  const off = hasQueue ? await reasonOff(maintenance, job) : 'MAINTENANCE_TASK_QUEUE is off';
  if (off !== undefined) return { off, notes };
  const timing = jobTimings(config, timeZoneOf(config))[job];
  if (timing === undefined) return { manualOnly: 'Its cron setting is off.', notes };
  return { schedule: describeTiming(timing), notes };
}
