import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ServiceError } from '../domain/errors.ts';
import type { SweepReport } from '../leases/contract.ts';
import { MANUAL_SWEEP, SWEEP_WORKFLOW, type SweepInput } from '../workflows/messages.ts';

const START_LIMIT_MS = 5_000;
/** A sweep of ten thousand stores; below the 30 s after which usual clients and proxies give up. */
const WAIT_MS = 25_000;
/** A sweep that nobody carries out, because no worker runs, does not stay in the way for ever. */
const RUN_LIMIT = '30 minutes';

/**
 * Starts a sweep and waits a while for its report; `undefined` where it takes longer.
 *
 * @throws ServiceError `SWEEP_RUNNING`, `TEMPORAL_UNAVAILABLE`.
 */
export function createSweepStarter(
  client: Client,
  taskQueue: string,
  waitMs = WAIT_MS,
): (dryRun: boolean) => Promise<SweepReport | undefined> {
  return async (dryRun) => {
    const handle = await start(client, taskQueue, { dry_run: dryRun });
    const report = await resultOf(client, handle, waitMs);
    if (report === null) throw new ServiceError('SWEEP_RUNNING', { retryAfterSeconds: 1 });
    return report;
  };
}

async function start(client: Client, taskQueue: string, input: SweepInput): Promise<WorkflowHandle> {
  try {
    return await client.withDeadline(Date.now() + START_LIMIT_MS, () =>
      client.workflow.start(SWEEP_WORKFLOW, {
        workflowId: MANUAL_SWEEP,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowExecutionTimeout: RUN_LIMIT,
        staticSummary:
          input.dry_run === false ? 'a sweep somebody asked for' : 'a dry run somebody asked for',
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw new ServiceError('SWEEP_RUNNING', { retryAfterSeconds: 1 });
    }
    throw new ServiceError('TEMPORAL_UNAVAILABLE', { retryAfterSeconds: 1, cause: error });
  }
}

async function resultOf(
  client: Client,
  handle: WorkflowHandle,
  waitMs: number,
): Promise<SweepReport | null | undefined> {
  try {
    return await client.withDeadline(
      Date.now() + waitMs,
      () => handle.result() as Promise<SweepReport | null>,
    );
  } catch (error) {
    // It was cancelled, terminated, or could not reach the ledger: the next scheduled run makes up for it.
    if (error instanceof WorkflowFailedError) throw new ServiceError('INTERNAL', { cause: error });
    return undefined;
  }
}
