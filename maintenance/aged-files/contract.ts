/** What the deletion of aged files is asked and answers. */
export type { AgedFilesCleanup, AgedFilesRun } from '../../activities/job-contract.ts';
