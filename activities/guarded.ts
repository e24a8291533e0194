import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { isServiceError } from '../domain/errors.ts';
import { toFailure } from './failures.ts';

/** What the room needs of a logger; pino's fits. */
export interface Log {
  error(fields: object, message: string): void;
}

/** Lets only failures of our own catalogue out, and a cancellation as what it is. */
export async function guarded<T>(log: Log, work: () => Promise<T>): Promise<T> {
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
