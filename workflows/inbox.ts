import { log, setHandler, CancellationScope } from '@temporalio/workflow';
import type { Command } from '../activities/contract.ts';
import { leaseAnswer } from './answer.ts';
import { changedSignal, leaseQuery, releaseSignal, renewSignal, trackSignal } from './messages.ts';
import type { SessionRun } from './run.ts';
import { parseRelease, parseRenew, parseTrack, type Wish } from './signal-input.ts';

/** Registers every handler. To be called before the first await, so that no signal meets a run without them. */
export function openInbox(run: SessionRun): void {
  setHandler(renewSignal, (input) => receive(run, 'renew', parseRenew(input)));
  setHandler(trackSignal, (input) => receive(run, 'track', parseTrack(input)));
  setHandler(releaseSignal, (input) => receive(run, 'release', parseRelease(input)));
  setHandler(changedSignal, () => {
    run.dirty = true;
  });
  setHandler(leaseQuery, () => leaseAnswer(run));
  onCancelRequest(() => {
    run.cancelled = true;
    receive(run, 'cancel', { kind: 'release', leaseId: null, reason: 'cancelled' });
  });
}

/** A cancel request is a wish like any other: the body runs where it cannot be interrupted. */
function onCancelRequest(act: () => void): void {
  CancellationScope.current().cancelRequested.catch(act);
}

function receive(run: SessionRun, name: string, wish: Wish | undefined): void {
  run.dirty = true;
  if (wish === undefined) {
    log.warn('signal ignored: its input is not understood', { signal: name });
    return;
  }
  if (run.view === null) run.unbound.push(wish);
  else bind(run, wish);
}

/** Binds what came before the first look. */
export function bindEarlyWishes(run: SessionRun): void {
  for (const wish of run.unbound.splice(0)) bind(run, wish);
}

/** A wish is for the lease that its sender could see: carried out late, it must not hit the next one. */
function bind(run: SessionRun, wish: Wish): void {
  const leaseId = wish.leaseId ?? run.view?.live?.leaseId;
  if (leaseId === undefined) {
    log.warn('signal dropped: the session has no live lease', { signal: wish.kind });
    return;
  }
  run.commands.push({ ...wish, leaseId } satisfies Command);
}
