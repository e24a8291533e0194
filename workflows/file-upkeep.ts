import {
  ActivityFailure,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { fileStep } from './file-steps.ts';
import { dueSignal } from './messages.ts';

/** As of a session: an evicted run is rebuilt from its history, which is kept short. */
const EVENTS_PER_RUN = 100;
/** Least pause between two passes, so that no answer of an activity can make the loop run hot. */
const MIN_REST_MS = 250;
/** A run looks at least hourly: the workers' poll wakes it when something falls due. */
const MAX_REST_MS = 3_600_000;
/** Pause after a pass that failed for good: the ledger is away. */
const FAULT_REST_MS = 60_000;

/** Milliseconds until the next pass has something to do; null = nothing is left. */
async function passOrRest(): Promise<number | null> {
  try {
    return (await fileStep('settle and delete').upkeepFiles()).waitMs;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    log.error('a pass of the upkeep of files failed', { error: String(error.cause) });
    return FAULT_REST_MS;
  }
}

/**
 * Looks after uploaded files for as long as one is to be deleted, or an upload to be settled. All state is in the ledger:
 * this is a loop of doing what is due there, which may be started anew at any time.
 */
export async function fileUpkeep(): Promise<void> {
  let due = false;
  setHandler(dueSignal, () => {
    due = true;
  });
  for (;;) {
    due = false;
    const waitMs = await passOrRest();
    // From this check to the end of the run nothing may await: a signal in between would be lost.
    if (!due && waitMs === null) return;
    // A new run begins with a pass: a signal that came meanwhile is not lost by it.
    if (workflowInfo().historyLength >= EVENTS_PER_RUN) return continueAsNew<typeof fileUpkeep>();
    const restMs = Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, Math.ceil(waitMs ?? 0)));
    await condition(() => due, restMs);
  }
}
