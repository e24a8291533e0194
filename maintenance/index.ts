/** The public face of the room: the jobs that keep directories clean, each a function that is asked once for each run. */
export { cleanAgedFiles, type AgedFilesDeps } from './aged-files/run.ts';
export type { AgedFilesSettings } from './aged-files/settings.ts';
export { resolveDirectory, type Guarded, type Resolution } from './directories.ts';
export { recorded, type RecordedJob } from './outcome.ts';
export type { CleanupReport, ResultsCleanup, ResultsRun, ResultsStats } from './results/contract.ts';
export type { AgedFilesCleanup, AgedFilesRun } from './aged-files/contract.ts';
export type { ResultsDeps, ResultsSettings } from './results/deps.ts';
export { postReport, toReport } from './results/report.ts';
export { cleanResults } from './results/run.ts';
export { resultsStats, type ResultsSchedule } from './results/stats.ts';
export { maintenanceSettings, type MaintenanceSettings } from './settings.ts';
export type { JobEnded, JobKeeper, JobMeter } from './contract.ts';
export { createJobKeeper, type JobKeeperDeps } from './keeper.ts';
export { reasonOff } from './off.ts';
export { describeTiming, jobTimings, type Timing } from './plan.ts';
export { listBackups } from './backups/list.ts';
export type { BackupEntry } from './backups/contract.ts';
