/** A pass without threads, in which a test can be told of each step and hold it. */
import { toBytes } from '../../../maintenance/bytes.ts';
import { canPin } from '../../../maintenance/place.ts';
import type { Clean } from '../../../maintenance/results/clean.ts';
import { noCounts } from '../../../maintenance/results/counts.ts';
import type { Pass } from '../../../maintenance/results/pass.ts';
import { walkTree } from '../../../maintenance/results/walk.ts';

/** The same as `cleanDirectory`, on this thread. */
export function cleanHere(at?: Pass['at']): Clean {
  return (task, { signal, note, began }) => {
    const pass: Pass = {
      ...{ task, note, counts: noCounts(), stopped: () => signal.aborted },
      ...(at === undefined ? {} : { at }),
    };
    began?.(() => pass.counts);
    walkTree({ pass });
    return Promise.resolve(pass.counts);
  };
}

/** What a test wants of a pass beside the defaults. */
export interface Wish {
  readonly root: string;
  readonly dryRun?: boolean;
  readonly leftoverHours?: number;
  readonly pinned?: boolean;
}

/** The task of a wish. */
export function taskOf({ root, dryRun = false, leftoverHours = 0, pinned = canPin() }: Wish) {
  return { root: toBytes(root), dryRun, leftoverMs: leftoverHours * 3_600_000, pinned };
}
