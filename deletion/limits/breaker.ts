import { randomUUID } from 'node:crypto';
import { breakerFailed, breakerMissing, breakerWorked } from '../../ledger/queries/breaker-outcomes.ts';
import { leaveProbe, takeProbe } from '../../ledger/queries/breaker-probe.ts';
import { breakerState, type BreakerState } from '../../ledger/queries/provider-limit.ts';
import type { LimitDeps } from './deps.ts';
import { breakerOpen } from './held-back.ts';
import { isUpload, type LimitedCall, type Outcome } from './outcome.ts';
import type { LimitSettings } from './settings.ts';

/** A state that was read this lately is not read again: a burst of creates costs four reads a second. */
const FRESH_MS = 250;
/** A probe ends by its call's deadline; this is for a process that died with it. */
const PROBE_MARGIN_MS = 5_000;
/** However long the provider asks to be left alone, one call tries this often: nobody else can find out. */
const LONGEST_WISH_MS = 10 * 60_000;

/** Leave to send one call; `probe` is the token of the one that an open breaker lets through. */
export interface Pass {
  readonly probe: string | null;
}

export interface Breaker {
  /** Lets a call pass that is no deletion, or throws that it is held back. */
  enter(call: LimitedCall): Promise<Pass>;
  /** Takes in what a call said of the provider. Never throws. */
  settle(pass: Pass, call: LimitedCall, outcome: Outcome): Promise<void>;
}

const CLOSED: BreakerState = { reason: null, openMs: 0, probeMs: 0 };

/** The state as the ledger has it, at most a moment old; a ledger that is away holds back no call. */
function createLook({ ledger, accountId }: LimitDeps) {
  let reading: Promise<BreakerState> | undefined;
  const read = async (): Promise<BreakerState> => {
    try {
      return (await breakerState(ledger, accountId)) ?? CLOSED;
    } catch {
      return CLOSED;
    }
  };
  let readAt = -Infinity;
  return {
    look: (): Promise<BreakerState> => {
      if (reading === undefined || performance.now() - readAt > FRESH_MS) {
        readAt = performance.now();
        reading = read();
      }
      return reading;
    },
    forget: () => {
      reading = undefined;
    },
  };
}

/** How long the call's failure opens the breaker. */
function openTimes(call: LimitedCall, settings: LimitSettings) {
  const leastMs = isUpload(call) ? settings.uploadOpenMs : 0;
  return {
    firstOpenMs: Math.max(leastMs, settings.firstOpenMs),
    longestOpenMs: Math.max(leastMs, settings.longestOpenMs),
  };
}

/** Carries an outcome into the ledger; resolves with whether the breaker is another one now. */
async function record(deps: LimitDeps, told: { pass: Pass; call: LimitedCall; outcome: Outcome }) {
  const { ledger, accountId, settings, meter, log } = deps;
  const { pass, call, outcome } = told;
  if (outcome.kind === 'nothing') {
    if (pass.probe !== null) await leaveProbe(ledger, accountId, pass.probe);
    return;
  }
  // A probe that is answered "not found" is answered: ten more of them open the breaker again.
  if (outcome.kind === 'worked' || (outcome.kind === 'missing' && pass.probe !== null)) {
    const changed = await breakerWorked(ledger, accountId, {
      probeToken: pass.probe,
      upload: isUpload(call),
    });
    if (changed && pass.probe !== null) log.info({ event: 'provider_breaker_closed' });
    return;
  }
  const after =
    outcome.kind === 'missing'
      ? await breakerMissing(ledger, {
          accountId,
          target: call.target,
          missingToOpen: settings.missingToOpen,
          withinMs: settings.missingWithinMs,
          openMs: settings.missingWithinMs,
        })
      : await breakerFailed(ledger, {
          ...openTimes(call, settings),
          accountId,
          target: call.target,
          upload: isUpload(call),
          failuresToOpen: settings.failuresToOpen,
          probeToken: pass.probe,
          retryAfterMs: Math.min(LONGEST_WISH_MS, outcome.retryAfterMs),
        });
  if (after?.opened === true && after.reason !== null) {
    meter.opened(after.reason);
    log.warn({ event: 'provider_breaker_opened', reason: after.reason, open_ms: Math.round(after.openMs) });
  }
}

/** The account's breaker: its state is the ledger's, so that all processes stop, and start again, together. */
export function createBreaker(deps: LimitDeps): Breaker {
  const { ledger, accountId, meter } = deps;
  const { look, forget } = createLook(deps);
  let recorded: Promise<void> = Promise.resolve();
  let successWaits: 'none' | 'other' | 'upload' = 'none';
  return {
    enter: async (call) => {
      const state = await look();
      // A create proves nothing gone.
      const spared = state.reason === 'missing' && call.operation === 'create';
      if (state.reason === null || spared) return { probe: null };
      const token = randomUUID();
      const lastsMs = call.options.deadlineMs + PROBE_MARGIN_MS;
      if (state.openMs === 0 && (await takeProbe(ledger, accountId, { token, lastsMs }).catch(() => true)))
        return { probe: token };
      meter.heldBack('breaker');
      throw breakerOpen(state, 0);
    },
    settle: (pass, call, outcome) => {
      const isSuccess = outcome.kind === 'worked' && pass.probe === null;
      // An upload that worked says more than another call.
      const isTold = successWaits === 'upload' || (successWaits === 'other' && !isUpload(call));
      if (isSuccess && isTold) return recorded;
      successWaits = !isSuccess ? 'none' : isUpload(call) ? 'upload' : 'other';
      // One after the other, so that outcomes reach the ledger in the order in which they came about.
      recorded = recorded
        .then(() => {
          if (isSuccess) successWaits = 'none';
          return record(deps, { pass, call, outcome });
        })
        // The ledger is away: the outcome is lost, and a probe ends by its time.
        .catch(() => undefined)
        .finally(forget);
      return recorded;
    },
  };
}
