import type { HeldCall, Phase } from './contract.ts';
import type { OpenEntry } from './journal.ts';

/** What frees a held call: it goes on, or its connection is cut. */
export type ReleaseHow = 'continue' | 'drop';

interface Waiting {
  readonly held: HeldCall;
  readonly free: (how: ReleaseHow) => void;
}

/** Calls that wait to be released. */
export interface Holds {
  readonly hold: (name: string, phase: Phase, entry: OpenEntry) => Promise<ReleaseHow>;
  /** Frees the calls now held, all or those under one name; how many. */
  readonly release: (name: string | null, how: ReleaseHow) => number;
  readonly held: () => readonly HeldCall[];
}

export function openHolds(): Holds {
  let waiting: Waiting[] = [];
  return {
    hold: (name, phase, entry) => {
      const { seq, operation, target, lease } = entry;
      const held = { name, phase, seq, operation, target, lease, since_ms: Date.now() };
      return new Promise((free) => void waiting.push({ held, free }));
    },
    release: (name, how) => {
      const chosen = waiting.filter(({ held }) => name === null || held.name === name);
      waiting = waiting.filter((one) => !chosen.includes(one));
      for (const one of chosen) one.free(how);
      return chosen.length;
    },
    held: () => waiting.map(({ held }) => held),
  };
}
