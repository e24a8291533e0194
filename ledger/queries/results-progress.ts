import type { Db } from '../open.ts';
import type { ResultsProgress } from './results-begin.ts';

const PULSE = {
  name: 'results-pulse',
  text: `
UPDATE results_directory SET pulse_at = clock_timestamp(), run_deleted = $3, run_freed_bytes = $4, run_leftovers = $5,
  run_ms = $6
WHERE directory = $1 AND run_token = $2 RETURNING directory`,
};
const LEAVE = {
  name: 'results-leave',
  text: `
UPDATE results_directory SET pulse_at = '-infinity', run_token = NULL, run_deleted = $3, run_freed_bytes = $4,
  run_leftovers = $5, run_ms = $6
WHERE directory = $1 AND run_token = $2 RETURNING directory`,
};

/** One attempt at a run. */
export interface ResultsAttempt {
  readonly directory: string;
  readonly token: string;
}

function values(attempt: ResultsAttempt, { deleted, freedBytes, leftovers, ms }: ResultsProgress): unknown[] {
  return [attempt.directory, attempt.token, deleted, freedBytes, leftovers, ms];
}

/** Tells that the run goes on, and how far it is; false where another one has taken its place. */
export async function pulseResultsRun(
  db: Db,
  attempt: ResultsAttempt,
  progress: ResultsProgress,
): Promise<boolean> {
  return (await db.rows(PULSE, values(attempt, progress))).length === 1;
}

/** Lets go of the directory in the middle of a run: it may be gone on with, or another one may begin. */
export async function leaveResultsRun(
  db: Db,
  attempt: ResultsAttempt,
  progress: ResultsProgress,
): Promise<void> {
  await db.rows(LEAVE, values(attempt, progress));
}
