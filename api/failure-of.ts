import { ApplicationFailure, type WorkflowFailedError } from '@temporalio/client';
import { ServiceError } from '../domain/errors.ts';

/** The failure of an activity is the cause of the workflow's. */
const DEPTH = 5;

/** What a caller is told of a run that failed: `JOB_OFF` in its own words, everything else as `INTERNAL`. */
export function failureOf(error: WorkflowFailedError): ServiceError {
  let cause: unknown = error;
  for (let depth = 0; depth < DEPTH && cause instanceof Error; depth += 1, cause = cause.cause) {
    if (cause instanceof ApplicationFailure && cause.type === 'JOB_OFF') {
      return new ServiceError('JOB_OFF', { detail: cause.message });
    }
  }
  return new ServiceError('INTERNAL', { cause: error });
}
