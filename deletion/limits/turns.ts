import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureLimits } from '../../ledger/queries/provider-limit.ts';
import { takePermits, type PermitAnswer } from '../../ledger/queries/take-permits.ts';
import type { LimitDeps } from './deps.ts';
import { breakerOpen, limitsUnknown, stoppedWaiting } from './held-back.ts';
import type { LimitedCall } from './outcome.ts';
import { createQueue, type Queue, type Turn } from './queue.ts';
import { createReturns, type Returns } from './returns.ts';

/** How far ahead a start may be reserved: longer than the pause, so that no time of the rate is left unused. */
const HORIZON_MS = 500;
/** Pause before asking again where nothing was free: another process may have given back. */
const PAUSE_MS = 100;
/** Those who wait are looked after this often: whoever was cancelled, or has no more patience. */
const LONGEST_PAUSE_MS = 1_000;
/** A permit outlives its call by this; what then still holds it is dead, or forgot it. */
const PERMIT_MARGIN_MS = 5_000;

export interface Turns {
  /** Waits until the deletion may be sent. Throws that it is held back. */
  take(call: LimitedCall): Promise<Turn>;
  /** Ends a turn; `worked`: the call was answered. */
  end(turn: Turn, worked: boolean): void;
}

/** A pause that can be cut short. */
function createPause() {
  let wake: () => void = () => undefined;
  return {
    cut: () => {
      wake();
    },
    take: (ms: number, mayCut: boolean) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          if (!mayCut) return;
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}

interface Counter {
  readonly queue: Queue;
  readonly pause: ReturnType<typeof createPause>;
  readonly returns: Returns;
  /** Counts permits that this process holds. */
  readonly holds: (more: number) => void;
}

/** Least time between two starts, in milliseconds. */
function spacingOf({ settings: { deletesPerSecond } }: LimitDeps): number {
  return deletesPerSecond === 0 ? 0 : 1_000 / deletesPerSecond;
}

async function ask(deps: LimitDeps, queue: Queue, wanted: number) {
  const { ledger, accountId, settings } = deps;
  const { concurrency } = settings;
  const probeToken = randomUUID();
  const request = {
    accountId,
    wanted: Math.min(wanted, concurrency),
    concurrency,
    permitMs: queue.longestDeadlineMs() + HORIZON_MS + PERMIT_MARGIN_MS,
    spacingMs: spacingOf(deps),
    horizonMs: HORIZON_MS,
    probeToken,
  };
  let answer = await takePermits(ledger, request);
  if (answer === undefined) {
    // Another ledger than at the start, such as one restored from a backup.
    await ensureLimits(ledger, accountId, concurrency);
    answer = await takePermits(ledger, request);
  }
  return answer && { ...answer, probe: answer.probing ? probeToken : null };
}

function handOut(counter: Counter, answer: PermitAnswer & { readonly probe: string | null }): void {
  const { granted, probe, unusable } = answer;
  const now = performance.now();
  const unclaimed = granted.filter((permit) => {
    const served = counter.queue.serve({ permit, probe, startsAt: now + permit.delayMs });
    if (served) counter.holds(1);
    return !served;
  });
  const back = [...unclaimed, ...unusable];
  if (back.length > 0) counter.returns.give(back, false);
}

/** Asks once for those who wait, and pauses where not all of them got their turn. */
async function round(deps: LimitDeps, counter: Counter): Promise<void> {
  const { queue, pause } = counter;
  const answer = await ask(deps, queue, queue.tidy()).catch(() => undefined);
  if (answer === undefined) {
    queue.refuse('ledger', limitsUnknown);
    return;
  }
  handOut(counter, answer);
  const { breaker } = answer;
  if (breaker.reason !== null) {
    const spreadMs = Math.max(deps.settings.firstOpenMs, breaker.openMs);
    queue.refuse('breaker', () => breakerOpen(breaker, spreadMs));
  }
  if (queue.tidy() === 0) return;
  // Where the rate is what they wait for, a permit that comes back changes nothing.
  const aheadMs = answer.aheadMs + answer.granted.length * spacingOf(deps) - HORIZON_MS;
  await pause.take(Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, aheadMs)), aheadMs <= 0);
}

/** The turns of an account's deletions: permits that all processes share, and starts spread evenly over time. */
export function createTurns(deps: LimitDeps): Turns {
  const { settings, meter } = deps;
  const queue = createQueue((why) => {
    meter.heldBack(why);
  });
  const pause = createPause();
  const returns = createReturns(deps, pause.cut);
  let inUse = 0;
  const holds = (more: number): void => meter.inUse((inUse += more));
  let serving = false;
  const serve = async (): Promise<void> => {
    serving = true;
    while (queue.tidy() > 0) await round(deps, { queue, pause, returns, holds });
    serving = false;
  };
  const end = (turn: Turn, worked: boolean): void => {
    holds(-1);
    returns.give([turn.permit], worked);
  };
  return {
    take: async (call) => {
      const since = performance.now();
      const waiting = queue.wait(call, call.options.patienceMs ?? settings.patienceMs);
      if (!serving) void serve();
      const turn = await waiting;
      try {
        const delayMs = turn.startsAt - performance.now();
        if (delayMs > 0) await sleep(delayMs, undefined, { signal: call.options.signal });
      } catch {
        end(turn, false);
        throw stoppedWaiting();
      }
      meter.waited(performance.now() - since);
      return turn;
    },
    end,
  };
}
