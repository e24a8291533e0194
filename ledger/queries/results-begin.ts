import type { Db } from '../open.ts';

/**
 * A run that died, or was stopped, is gone on with under its own id. Under another one its deletions are added to the
 * totals: they happened.
 */
const BEGIN = {
  name: 'results-begin',
  text: `
INSERT INTO results_directory AS d (directory, configured, run_id, run_token, pulse_at)
VALUES ($1, $4, $2, gen_random_uuid(), clock_timestamp())
ON CONFLICT (directory) DO UPDATE SET
  configured = $4, begun_at = clock_timestamp(),
  run_id = excluded.run_id, run_token = excluded.run_token, pulse_at = clock_timestamp(),
  total_deleted = d.total_deleted + CASE WHEN d.run_id = $2 THEN 0 ELSE d.run_deleted END,
  total_freed_bytes = d.total_freed_bytes + CASE WHEN d.run_id = $2 THEN 0 ELSE d.run_freed_bytes END,
  run_deleted = CASE WHEN d.run_id = $2 THEN d.run_deleted ELSE 0 END,
  run_freed_bytes = CASE WHEN d.run_id = $2 THEN d.run_freed_bytes ELSE 0 END,
  run_leftovers = CASE WHEN d.run_id = $2 THEN d.run_leftovers ELSE 0 END,
  run_ms = CASE WHEN d.run_id = $2 THEN d.run_ms ELSE 0 END
WHERE d.ended_run_id IS DISTINCT FROM $2
  AND (d.run_id IS NULL OR d.run_id = $2 OR d.pulse_at < clock_timestamp() - $3 * interval '1 ms')
RETURNING run_token::text AS token, run_deleted::float8 AS deleted, run_freed_bytes::float8 AS freed,
  run_leftovers::float8 AS leftovers, run_ms AS ms`,
};
const ENDED = {
  name: 'results-ended',
  text: `SELECT ended_result AS result FROM results_directory WHERE directory = $1 AND ended_run_id = $2`,
};

/** What earlier attempts at a run have done, as far as it was written down. */
export interface ResultsProgress {
  readonly deleted: number;
  readonly freedBytes: number;
  readonly leftovers: number;
  readonly ms: number;
}

/** `busy`: another run of the directory is under way. `ended`: this one has ended already; its result as it was. */
export type ResultsBeginning =
  | { readonly kind: 'begun'; readonly token: string; readonly before: ResultsProgress }
  | { readonly kind: 'ended'; readonly result: unknown }
  | { readonly kind: 'busy' };

interface Row {
  readonly token: string;
  readonly deleted: number;
  readonly freed: number;
  readonly leftovers: number;
  readonly ms: number;
}

export interface ResultsBegin {
  /** Resolved. */
  readonly directory: string;
  /** The same as it was written. */
  readonly configured: string;
  readonly runId: string;
  readonly silentMs: number;
}

/** Takes the directory for a run, unless another one has it that was heard from within `silentMs`. */
export async function beginResultsRun(db: Db, run: ResultsBegin): Promise<ResultsBeginning> {
  const values = [run.directory, run.runId, run.silentMs, run.configured];
  const [row] = await db.rows<Row>(BEGIN, values);
  if (row !== undefined) {
    const { token, deleted, freed, leftovers, ms } = row;
    return { kind: 'begun', token, before: { deleted, freedBytes: freed, leftovers, ms } };
  }
  const result = await endedResultsRun(db, run.directory, run.runId);
  return result === undefined ? { kind: 'busy' } : { kind: 'ended', result };
}

/** The result of that run where it is the last one of the directory that ended. */
export async function endedResultsRun(db: Db, directory: string, runId: string): Promise<unknown> {
  const [ended] = await db.rows<{ readonly result: unknown }>(ENDED, [directory, runId]);
  return ended?.result;
}
