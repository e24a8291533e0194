import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Config } from '../config/index.ts';
import { ServiceError, type ErrorCode } from '../domain/errors.ts';
import type { ApiSettings, StartedRun } from './deps.ts';
import { failureOf } from './failure-of.ts';
import { workflowUrl } from './workflow-url.ts';

const START_LIMIT_MS = 5_000;

export interface RunSettings extends Pick<ApiSettings, 'temporalNamespace' | 'temporalUiUrl'> {
  readonly taskQueue: string;
  /** How long a call waits for the result. */
  readonly waitMs: number;
}

/** What starting a run needs of the configuration. */
export function runSettings(config: Config): RunSettings {
  return {
    taskQueue: config.TASK_QUEUE,
    waitMs: config.CLEANUP_WAIT_SECONDS * 1000,
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    temporalUiUrl: config.TEMPORAL_UI_URL,
  };
}

export interface WantedRun {
  readonly workflowType: string;
  /** One run of that id at a time. */
  readonly workflowId: string;
  readonly input: object;
  /** As the Web UI shows it. */
  readonly summary: string;
  /** Longest life of the workflow: one that no worker carries out does not stay in the way for ever. */
  readonly limit: '30 minutes' | '2 hours' | '1 day';
  /** What is answered while one of that id is under way. */
  readonly busy: Extract<ErrorCode, 'JOB_RUNNING' | 'SWEEP_RUNNING'>;
}

/**
 * Starts a run of a job and waits a while for its result.
 *
 * @throws ServiceError what `busy` says, `TEMPORAL_UNAVAILABLE`, `JOB_OFF`; `INTERNAL` where the run fails meanwhile.
 */
export async function startRun<Result>(
  client: Client,
  settings: RunSettings,
  wanted: WantedRun,
): Promise<StartedRun<Result>> {
  const handle = await start(client, settings.taskQueue, wanted);
  const result = await resultOf<Result>(client, handle, settings.waitMs);
  if (result !== undefined) return { result };
  const { workflowId } = handle;
  return { workflowId, workflowUrl: workflowUrl(workflowId, settings) };
}

async function start(client: Client, taskQueue: string, wanted: WantedRun): Promise<WorkflowHandle> {
  try {
    return await client.withDeadline(Date.now() + START_LIMIT_MS, () =>
      client.workflow.start(wanted.workflowType, {
        workflowId: wanted.workflowId,
        taskQueue,
        args: [wanted.input],
        workflowIdConflictPolicy: 'FAIL',
        workflowExecutionTimeout: wanted.limit,
        staticSummary: wanted.summary,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw new ServiceError(wanted.busy, { retryAfterSeconds: 1 });
    }
    throw new ServiceError('TEMPORAL_UNAVAILABLE', { retryAfterSeconds: 1, cause: error });
  }
}

async function resultOf<Result>(
  client: Client,
  handle: WorkflowHandle,
  waitMs: number,
): Promise<Result | undefined> {
  try {
    return await client.withDeadline(Date.now() + waitMs, () => handle.result() as Promise<Result>);
  } catch (error) {
    // It was cancelled, terminated, or could not reach the ledger: the next scheduled run makes up for it.
    if (error instanceof WorkflowFailedError) throw failureOf(error);
    return undefined;
  }
}
