import type { SweepKeeper } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { beginSweep } from './begin.ts';
import { deleteStrays } from './delete-strays.ts';
import { finishSweep } from './finish.ts';
import { listStores } from './list.ts';
import { tendStores } from './tend.ts';

/** The steps of a sweep, for the sweep workflow's activities. */
export function createSweepKeeper(deps: LeaseDeps): SweepKeeper {
  return {
    beginSweep: (wish) => beginSweep(deps, wish),
    listStores: (run, context) => listStores(deps, run, context),
    tendStores: (run, context) => tendStores(deps, run, context),
    deleteStrays: (run, context) => deleteStrays(deps, run, context),
    finishSweep: (run) => finishSweep(deps, run),
  };
}
