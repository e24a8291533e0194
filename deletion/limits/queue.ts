import type { GrantedPermit } from '../../ledger/queries/take-permits.ts';
import type { Pass } from './breaker.ts';
import type { WhyHeldBack } from './deps.ts';
import { noTurn, stoppedWaiting, type HeldBack } from './held-back.ts';
import type { LimitedCall } from './outcome.ts';

/** A permit, from when it may be used (monotonic milliseconds), and whether its call is a probe. */
export interface Turn extends Pass {
  readonly permit: GrantedPermit;
  readonly startsAt: number;
}

interface Waiting {
  readonly call: LimitedCall;
  readonly patienceMs: number;
  readonly giveUpAt: number;
  readonly resolve: (turn: Turn) => void;
  readonly reject: (failure: HeldBack) => void;
}

/** Deletions that wait for their turn. */
export interface Queue {
  wait(call: LimitedCall, patienceMs: number): Promise<Turn>;
  /** Gives the turn to the next; false where nobody waits any longer. */
  serve(turn: Turn): boolean;
  /** Sends away those who waited long enough or were cancelled; how many are left. */
  tidy(): number;
  /** Sends everybody away. */
  refuse(why: WhyHeldBack, failure: () => HeldBack): void;
  /** The longest deadline among those who wait, in milliseconds. */
  longestDeadlineMs(): number;
}

/** Stores go first: one delete ends a lease and frees a place, where a lease may have thousands of files. */
export function createQueue(onHeldBack: (why: WhyHeldBack) => void): Queue {
  const stores: Waiting[] = [];
  const files: Waiting[] = [];
  const all = () => [...stores, ...files];

  const sendAway = (line: Waiting[]): void => {
    const now = performance.now();
    for (const one of line.splice(0)) {
      if (one.call.options.signal?.aborted === true) one.reject(stoppedWaiting());
      else if (now < one.giveUpAt) line.push(one);
      else {
        onHeldBack('turn');
        one.reject(noTurn(one.patienceMs));
      }
    }
  };
  return {
    wait: (call, patienceMs) =>
      new Promise((resolve, reject) => {
        const giveUpAt = performance.now() + patienceMs;
        (call.on === 'store' ? stores : files).push({ call, patienceMs, giveUpAt, resolve, reject });
      }),
    serve: (turn) => {
      const next = stores.shift() ?? files.shift();
      next?.resolve(turn);
      return next !== undefined;
    },
    tidy: () => {
      for (const line of [stores, files]) sendAway(line);
      return stores.length + files.length;
    },
    refuse: (why, failure) => {
      for (const one of [...stores.splice(0), ...files.splice(0)]) {
        onHeldBack(why);
        one.reject(failure());
      }
    },
    longestDeadlineMs: () => Math.max(0, ...all().map(({ call }) => call.options.deadlineMs)),
  };
}
