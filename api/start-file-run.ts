import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Config } from '../config/index.ts';
import { ServiceError } from '../domain/errors.ts';
import type { FileRunReport, RetentionWish } from '../files/contract.ts';
import { FILE_RUN_WORKFLOW, MANUAL_FILE_RUNS, type FileRunInput } from '../workflows/messages.ts';
import type { ApiSettings, FileRun } from './deps.ts';
import { workflowUrl } from './workflow-url.ts';

const START_LIMIT_MS = 5_000;
/** A run that nobody carries out, because no worker runs, does not stay in the way for ever; its own budget is an hour. */
const RUN_LIMIT = '2 hours';

export interface FileRunSettings extends Pick<ApiSettings, 'temporalNamespace' | 'temporalUiUrl'> {
  readonly taskQueue: string;
  /** How long a call waits for the report. */
  readonly waitMs: number;
}

/** What starting a run needs of the configuration. */
export function fileRunSettings(config: Config): FileRunSettings {
  return {
    taskQueue: config.TASK_QUEUE,
    waitMs: config.CLEANUP_WAIT_SECONDS * 1000,
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    temporalUiUrl: config.TEMPORAL_UI_URL,
  };
}

/**
 * Starts a run over the uploaded files, one of each kind at a time, and waits a while for its report.
 *
 * @throws ServiceError `JOB_RUNNING`, `TEMPORAL_UNAVAILABLE`; `INTERNAL` where the run fails meanwhile.
 */
export function createFileRunStarter(
  client: Client,
  settings: FileRunSettings,
): (wish: RetentionWish) => Promise<FileRun> {
  return async (wish) => {
    const handle = await start(client, settings.taskQueue, wish);
    const report = await resultOf(client, handle, settings.waitMs);
    if (report !== undefined) return { report };
    const { workflowId } = handle;
    return { workflowId, workflowUrl: workflowUrl(workflowId, settings) };
  };
}

async function start(client: Client, taskQueue: string, wish: RetentionWish): Promise<WorkflowHandle> {
  const input: FileRunInput = { ...wish };
  try {
    return await client.withDeadline(Date.now() + START_LIMIT_MS, () =>
      client.workflow.start(FILE_RUN_WORKFLOW, {
        workflowId: MANUAL_FILE_RUNS[wish.kind],
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowExecutionTimeout: RUN_LIMIT,
        staticSummary: `${wish.kind} of uploaded files${wish.dryRun ? ', a dry run' : ''}`,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw new ServiceError('JOB_RUNNING', { retryAfterSeconds: 1 });
    }
    throw new ServiceError('TEMPORAL_UNAVAILABLE', { retryAfterSeconds: 1, cause: error });
  }
}

async function resultOf(
  client: Client,
  handle: WorkflowHandle,
  waitMs: number,
): Promise<FileRunReport | undefined> {
  try {
    return await client.withDeadline(Date.now() + waitMs, () => handle.result() as Promise<FileRunReport>);
  } catch (error) {
    // It was cancelled, terminated, or could not reach the ledger: the next scheduled run makes up for it.
    if (error instanceof WorkflowFailedError) throw new ServiceError('INTERNAL', { cause: error });
    return undefined;
  }
}
