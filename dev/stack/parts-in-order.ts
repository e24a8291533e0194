import type { Part } from '../processes/part.ts';
import { registerPart } from '../processes/registry.ts';
import type { StopRequests } from './stop-requests.ts';

interface Running {
  readonly part: Part;
  readonly signals: readonly NodeJS.Signals[];
}

/** The children of a run, in the order of their start. */
export interface PartsInOrder {
  /** To be called the moment a part runs: notes it for a later run, and makes its death end this one. */
  readonly add: (part: Part, signals?: readonly NodeJS.Signals[]) => void;
  /** Stops all of them, last started first. */
  readonly stopAll: (say: (line: string) => void) => Promise<void>;
  /** SIGKILL to all, at once. */
  readonly killAll: () => void;
}

/** api and worker are given 10 s by contract to finish what they have. */
const GRACE_MS = 15_000;

export function partsInOrder(processes: string, stops: () => StopRequests): PartsInOrder {
  const running: Running[] = [];
  let closed = false;
  return {
    add: (part, signals = ['SIGTERM']) => {
      // Born of a start that was given up in the meantime.
      if (closed) return part.signal('SIGKILL');
      running.push({ part, signals });
      registerPart(processes, part, signals[0]);
      void part.ended.then((ending) => {
        if (stops().requested() !== null) return;
        const tail = part.logTail();
        const said = tail === '' ? '' : `; its last lines:\n${tail}`;
        stops().request({ why: `${part.name} ended by itself (${ending})${said}`, exitCode: 1 });
      });
    },
    stopAll: async (say) => {
      closed = true;
      for (const { part, signals } of running.toReversed()) {
        if (part.hasEnded()) continue;
        const ending = await part.stop(signals, GRACE_MS);
        say(`stopped ${part.name}${ending === 'code 0' ? '' : ` (${ending})`}`);
      }
    },
    killAll: () => {
      for (const { part } of running) part.signal('SIGKILL');
    },
  };
}
