import type { Command, SessionView } from '../activities/contract.ts';
import type { Drain } from './drains.ts';
import type { Errand } from './errands.ts';
import type { Wish } from './signal-input.ts';
import type { SessionInput } from './messages.ts';

/**
 * What one run of a session workflow remembers. Nothing here outlives the run: the ledger holds the truth, so
 * a fresh run needs its input and one look.
 */
export interface SessionRun {
  readonly input: SessionInput;
  /** Something happened since the last look began. Returning or continuing as new while it is set loses a signal. */
  dirty: boolean;
  /** Whether Temporal has our search attributes: known at the start, or learned at a look. */
  searchAttributes: boolean;
  /** This run was asked to cancel; it hands over to a new run, which can be cancelled again. */
  cancelled: boolean;
  /** The last look at the ledger; null before the first. */
  view: SessionView | null;
  /** When that look was taken, epoch milliseconds of the workflow's clock. */
  lookedAtMs: number;
  looksBegun: number;
  looksDone: number;
  /** Wishes that name no lease and came before the first look. */
  readonly unbound: Wish[];
  /** Bound wishes, oldest first, not yet carried out. */
  readonly commands: Command[];
  readonly drains: Map<string, Drain>;
  readonly errands: Map<string, Errand>;
  /** Normal activities under way; their run must not end by continue-as-new merely to save history. */
  openActivities: number;
}

export function createRun(input: SessionInput): SessionRun {
  return {
    input,
    dirty: false,
    searchAttributes: input.searchAttributes,
    cancelled: false,
    view: null,
    lookedAtMs: 0,
    looksBegun: 0,
    looksDone: 0,
    unbound: [],
    commands: [],
    drains: new Map(),
    errands: new Map(),
    openActivities: 0,
  };
}

/** Counts an activity as open while it runs. */
export async function counted<T>(run: SessionRun, activity: () => Promise<T>): Promise<T> {
  run.openActivities += 1;
  try {
    return await activity();
  } finally {
    run.openActivities -= 1;
  }
}
