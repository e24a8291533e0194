import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { FileActivities } from '../activities/contract.ts';
import { drainTaskQueue, FILE_STEP } from './activity-options.ts';

/** The files' activities, on the drains' task queue; `summary` is what the Web UI shows. */
export function fileStep(summary: string): FileActivities {
  const taskQueue = drainTaskQueue(workflowInfo().taskQueue);
  return proxyActivities<FileActivities>({ ...FILE_STEP, taskQueue, summary });
}
