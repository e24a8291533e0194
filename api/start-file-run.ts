import type { Client } from '@temporalio/client';
import type { FileRunReport, RetentionWish } from '../files/contract.ts';
import { FILE_RUN_WORKFLOW, MANUAL_FILE_RUNS, type FileRunInput } from '../workflows/messages.ts';
import type { StartedRun } from './deps.ts';
import { startRun, type RunSettings } from './start-run.ts';

/** Starts a run over the uploaded files, one of each kind at a time; throws as `startRun` does. Its own budget is an hour. */
export function createFileRunStarter(
  client: Client,
  settings: RunSettings,
): (wish: RetentionWish) => Promise<StartedRun<FileRunReport>> {
  return (wish) => {
    const input: FileRunInput = { ...wish };
    return startRun(client, settings, {
      workflowType: FILE_RUN_WORKFLOW,
      workflowId: MANUAL_FILE_RUNS[wish.kind],
      input,
      summary: `${wish.kind} of uploaded files${wish.dryRun ? ', a dry run' : ''}`,
      limit: '2 hours',
      busy: 'JOB_RUNNING',
    });
  };
}
