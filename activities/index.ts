import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { isServiceError } from '../domain/errors.ts';
import type { LeaseKeeper, SweepKeeper } from '../leases/contract.ts';
import type { Activities, DrainActivities } from './contract.ts';
import { toFailure } from './failures.ts';
import { withPulse } from './pulse.ts';

/** What the room needs of a logger; pino's fits. */
interface Log {
  error(fields: object, message: string): void;
}

export interface ActivityDependencies {
  readonly keeper: LeaseKeeper & SweepKeeper;
  readonly log: Log;
  /** Whether Temporal has our search attributes, as far as this worker knows. */
  readonly searchAttributes: () => boolean;
}

/** The activities: each one lends Temporal's context to the capability's function of the same name. */
export function createActivities({ keeper, log, searchAttributes }: ActivityDependencies): Activities {
  const guard = <T>(work: () => Promise<T>): Promise<T> => guarded(log, work);
  return {
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
    pruneHistory: () => guard(() => keeper.pruneHistory()),
    beginSweep: (wish) => guard(() => keeper.beginSweep(wish)),
    listStores: (run) => guard(() => withPulse((pass) => keeper.listStores(run, pass))),
    tendStores: (run) => guard(() => withPulse((pass) => keeper.tendStores(run, pass))),
    deleteStrays: (run) => guard(() => withPulse((pass) => keeper.deleteStrays(run, pass))),
    finishSweep: (run) => guard(() => keeper.finishSweep(run)),
  };
}

/** Those that run on the drains' task queue. */
export function drainActivities(activities: Activities): DrainActivities {
  return {
    deleteFiles: (lease) => activities.deleteFiles(lease),
    deleteStore: (lease) => activities.deleteStore(lease),
  };
}

/** Lets only failures of our own catalogue out, and a cancellation as what it is. */
async function guarded<T>(log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error;
    if (Context.current().cancellationSignal.aborted)
      throw new CancelledFailure('the activity was asked to stop');
    if (!isServiceError(error)) {
      const { activityType, attempt } = Context.current().info;
      log.error({ err: error, activity: activityType, attempt }, 'an activity failed unexpectedly');
    }
    throw toFailure(error);
  }
}
