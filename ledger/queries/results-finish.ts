import type { Db } from '../open.ts';
import type { ResultsAttempt } from './results-progress.ts';

const FINISH = {
  name: 'results-finish',
  text: `
UPDATE results_directory SET
  total_cleanups = total_cleanups + 1, total_deleted = total_deleted + $3,
  total_freed_bytes = total_freed_bytes + $4, total_errors = total_errors + $5,
  ended_run_id = run_id, ended_result = $6::jsonb, run_id = NULL, run_token = NULL, pulse_at = NULL,
  run_deleted = 0, run_freed_bytes = 0, run_leftovers = 0, run_ms = 0
WHERE directory = $1 AND run_token = $2 RETURNING directory`,
};

/** What a run adds to the totals, and all of it as it was answered. */
export interface ResultsOutcome {
  readonly deleted_count: number;
  readonly freed_bytes: number;
  readonly errors: number;
}

/** Ends the run and counts it; false where another one has taken its place, which counts what this one told. */
export async function finishResultsRun(
  db: Db,
  attempt: ResultsAttempt,
  outcome: ResultsOutcome,
): Promise<boolean> {
  const { deleted_count, freed_bytes, errors } = outcome;
  const values = [attempt.directory, attempt.token, deleted_count, freed_bytes, errors];
  return (await db.rows(FINISH, [...values, JSON.stringify(outcome)])).length === 1;
}
