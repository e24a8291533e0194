/** The jobs that run on a schedule. A job's name is the id of its schedule, too. */
export const JOBS = [
  'prune-history',
  'sweep',
  'files-retention',
  'results-cleanup',
  'aged-files-cleanup',
  'conversations-cleanup',
  'backups',
] as const;
export type JobName = (typeof JOBS)[number];

/** Those that run only when somebody asks. */
export const MANUAL_JOBS = ['files-orphans-cleanup'] as const;
export type ManualJob = (typeof MANUAL_JOBS)[number];

/** Those that work on directories and databases that are not the service's own: each may be off. */
export const MAINTENANCE_JOBS = [
  'results-cleanup',
  'aged-files-cleanup',
  'conversations-cleanup',
  'backups',
] as const satisfies readonly JobName[];
export type MaintenanceJob = (typeof MAINTENANCE_JOBS)[number];

/** How often a step of such a job is tried: with pauses of up to a minute some four minutes in all. */
export const JOB_TRIES = 10;

/** What the cron setting of a job says where the job is not to run by itself. */
export const NO_CRON = 'off';
