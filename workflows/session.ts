import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  workflowInfo,
} from '@temporalio/workflow';
import type { SessionView } from '../activities/contract.ts';
import { tendDrains } from './drains.ts';
import { tendErrands } from './errands.ts';
import { bindEarlyWishes, openInbox } from './inbox.ts';
import { applyCommands, look } from './ledger-work.ts';
import type { SessionInput } from './messages.ts';
import { createRun, type SessionRun } from './run.ts';
import { showView } from './visibility.ts';

/** An evicted run is rebuilt from its history, 30 ms of CPU for 30 events and 200 ms for 300: kept short. */
const EVENTS_PER_RUN = 100;
/** Least wait between two looks that nothing asked for. */
const MIN_LOOK_MS = 250;
/** A workflow looks at least hourly: the outbox wakes those that have not for 70 minutes. */
const MAX_LOOK_MS = 3_600_000;
/** While somebody settles an abandoned claim, its deadline has passed and says nothing. */
const CLAIM_LOOK_MS = 30_000;

/**
 * Looks after one session for as long as it has a live lease or something to delete. All state is in the ledger:
 * this is a loop of looking there and acting on it, which may be started anew at any time.
 */
export async function session(input: SessionInput): Promise<void> {
  checkInput(input);
  const run = createRun(input);
  openInbox(run);
  await CancellationScope.nonCancellable(() => lookAfter(run));
}

/** Somebody may start one by hand: without its input it cannot do anything, ever. */
function checkInput(input: Partial<SessionInput> | undefined): void {
  if (typeof input?.sessionId === 'string' && typeof input.instanceId === 'string') return;
  throw ApplicationFailure.nonRetryable('The input must hold sessionId and instanceId.', 'REQUEST_INVALID');
}

async function lookAfter(run: SessionRun): Promise<void> {
  for (;;) {
    run.dirty = false;
    await applyCommands(run);
    const view = await look(run);
    bindEarlyWishes(run);
    if (run.commands.length > 0) continue;
    showView(run, view);
    // From this check to the end of the run nothing may await: a signal in between would be lost.
    if (!run.dirty) {
      if (isOver(view)) return;
      if (wantsNewRun(run)) return continueAsNew<typeof session>(nextInput(run));
    }
    tendDrains(run, view.draining);
    tendErrands(run, view.live);
    await condition(() => run.dirty, untilNextLook(view));
  }
}

function nextInput({ input, searchAttributes }: SessionRun): SessionInput {
  return { ...input, searchAttributes };
}

function isOver(view: SessionView): boolean {
  return view.live === null && view.draining.length === 0;
}

/** Only between activities, unless an operator cancels or history has grown until the server warns. */
function wantsNewRun(run: SessionRun): boolean {
  if (run.cancelled) return true;
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || (historyLength >= EVENTS_PER_RUN && run.openActivities === 0);
}

/** Milliseconds; the deadline it last knew, since renewals over HTTP do not tell the workflow. */
function untilNextLook({ live }: SessionView): number {
  if (live === null || live.leftMs === null) return MAX_LOOK_MS;
  if (live.claimAbandoned) return CLAIM_LOOK_MS;
  return Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, Math.ceil(live.leftMs)));
}
