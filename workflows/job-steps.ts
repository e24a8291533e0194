import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { JobActivities } from '../activities/job-contract.ts';
import { JOB_STEP, maintenanceTaskQueue, REPORT_STEP } from './activity-options.ts';

/** Where the input names no task queue, the one that workers have unless they are told otherwise. */
const queueOf = (input: { readonly taskQueue?: string } | null | undefined): string =>
  input?.taskQueue ?? maintenanceTaskQueue(workflowInfo().taskQueue);

/** The activities of the jobs, on the task queue of those who have the disk; `summary` is what the Web UI shows. */
export function jobStep(
  input: { readonly taskQueue?: string } | null | undefined,
  summary: string,
): JobActivities {
  return proxyActivities<JobActivities>({ ...JOB_STEP, taskQueue: queueOf(input), summary });
}

/** The report of a run: tried for a moment, and not for as long as the run's own steps. */
export function reportStep(
  input: { readonly taskQueue?: string } | null | undefined,
): Pick<JobActivities, 'reportResults'> {
  const summary = 'report the run';
  return proxyActivities<JobActivities>({ ...REPORT_STEP, taskQueue: queueOf(input), summary });
}
