import type { FileKeeper } from '../files/contract.ts';
import type { LeaseKeeper, SweepKeeper } from '../leases/contract.ts';
import type { Activities, DrainActivities, FileActivities } from './contract.ts';
import { guarded, type Log } from './guarded.ts';
import { withPulse } from './pulse.ts';

export interface ActivityDependencies {
  readonly keeper: LeaseKeeper & SweepKeeper;
  readonly files: FileKeeper;
  readonly log: Log;
  /** Whether Temporal has our search attributes, as far as this worker knows. */
  readonly searchAttributes: () => boolean;
}

export { createJobActivities } from './jobs.ts';

/** The activities: each one lends Temporal's context to the capability's function of the same name. */
export function createActivities(deps: ActivityDependencies): Activities {
  const { keeper, files, log, searchAttributes } = deps;
  const guard = <T>(work: () => Promise<T>): Promise<T> => guarded(log, work);
  return {
    ...fileActivities(files, guard),
    reconcile: ({ sessionId, instanceId }) =>
      guard(async () => ({
        ...(await keeper.reconcile(sessionId, instanceId)),
        searchAttributes: searchAttributes(),
      })),
    applyCommand: ({ sessionId }, command) => guard(() => keeper.applyCommand(sessionId, command)),
    settleClaim: ({ leaseId }) => guard(() => withPulse((pass) => keeper.settleClaim(leaseId, pass))),
    syncStoreExpiry: ({ leaseId }) => guard(() => withPulse((pass) => keeper.syncStoreExpiry(leaseId, pass))),
    deleteFiles: ({ leaseId }) => guard(() => withPulse((pass) => keeper.deleteFiles(leaseId, pass))),
    deleteStore: ({ leaseId }) => guard(() => withPulse((pass) => keeper.deleteStore(leaseId, pass))),
    pruneHistory: () =>
      guard(async () => {
        // What a file's row waits for before it may be forgotten goes first.
        await files.pruneUploads();
        return keeper.pruneHistory();
      }),
    beginSweep: (wish) => guard(() => keeper.beginSweep(wish)),
    listStores: (run) => guard(() => withPulse((pass) => keeper.listStores(run, pass))),
    tendStores: (run) => guard(() => withPulse((pass) => keeper.tendStores(run, pass))),
    deleteStrays: (run) => guard(() => withPulse((pass) => keeper.deleteStrays(run, pass))),
    finishSweep: (run) => guard(() => keeper.finishSweep(run)),
  };
}

type Guard = <T>(work: () => Promise<T>) => Promise<T>;

function fileActivities(files: FileKeeper, guard: Guard): FileActivities {
  return {
    markFiles: (wish) => guard(() => withPulse((pass) => files.markFiles(wish, pass))),
    upkeepFiles: () => guard(() => withPulse((pass) => files.upkeep(pass))),
    fileRunProgress: (marked) => guard(() => withPulse(() => files.runProgress(marked))),
    finishFileRun: (wish, report) => guard(() => files.finishRun(wish, report)),
  };
}

/** Those that run on the drains' task queue. */
export function drainActivities(activities: Activities): DrainActivities & FileActivities {
  return {
    deleteFiles: (lease) => activities.deleteFiles(lease),
    deleteStore: (lease) => activities.deleteStore(lease),
    markFiles: (wish) => activities.markFiles(wish),
    upkeepFiles: () => activities.upkeepFiles(),
    fileRunProgress: (marked) => activities.fileRunProgress(marked),
    finishFileRun: (wish, report) => activities.finishFileRun(wish, report),
  };
}
