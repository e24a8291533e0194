import type { SweepAction } from '../../activities/contract.ts';
import { noteStep } from '../../ledger/queries/sweep-progress.ts';
import type { LeaseDeps } from '../deps.ts';
import { MOST_ACTIONS, type OpenRun } from './run.ts';

/** What a step counts and does; lists are cut, counts are not. */
export interface Deeds {
  count(what: string): void;
  act(action: SweepAction): void;
  save(): Promise<void>;
}

/** Collects the deeds of one step for the run's report; `counts` are there from the start, at zero. */
export function createDeeds(
  deps: LeaseDeps,
  run: OpenRun,
  step: { readonly name: string; readonly counts: readonly string[] },
): Deeds {
  const counts: Record<string, number> = Object.fromEntries(step.counts.map((what) => [what, 0]));
  const actions: SweepAction[] = [];
  return {
    count: (what) => {
      counts[what] = (counts[what] ?? 0) + 1;
    },
    act: (action) => {
      if (actions.length < MOST_ACTIONS) actions.push(action);
    },
    save: () => noteStep(deps.ledger, run.runId, { name: step.name, counts, actions }),
  };
}
