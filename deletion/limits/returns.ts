import { givePermitsBack } from '../../ledger/queries/give-permits-back.ts';
import type { Permit } from '../../ledger/queries/take-permits.ts';
import type { LimitDeps } from './deps.ts';

/** Permits on their way back: those that come while others are under way go together. */
export interface Returns {
  /** `worked`: the call with it was answered, which ends a row of failures. Returns at once, and never throws. */
  give(permits: readonly Permit[], worked: boolean): void;
}

/** `onFree` is told when permits are free again. */
export function createReturns({ ledger, accountId }: LimitDeps, onFree: () => void): Returns {
  let permits: readonly Permit[] = [];
  let worked = false;
  let sending = false;

  const send = async (): Promise<void> => {
    sending = true;
    while (permits.length > 0) {
      const back = { permits, worked };
      permits = [];
      worked = false;
      try {
        await givePermitsBack(ledger, accountId, back);
      } catch {
        // They go along with the next; should there be none, they expire.
        permits = [...back.permits, ...permits];
        worked ||= back.worked;
        break;
      }
      onFree();
    }
    sending = false;
  };
  return {
    give: (back, didWork) => {
      permits = [...permits, ...back];
      worked ||= didWork;
      if (!sending) void send();
    },
  };
}
