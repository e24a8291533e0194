import type { Db } from '../open.ts';

/**
 * What the run under way has told of counts as well. Where nobody has cleaned the resolved directory it is the one that
 * was called so last: the disk may be elsewhere, and lead elsewhere.
 */
const STATEMENT = {
  name: 'results-totals',
  text: `
SELECT total_cleanups::float8 AS cleanups, (total_deleted + run_deleted)::float8 AS deleted,
  (total_freed_bytes + run_freed_bytes)::float8 AS freed, total_errors::float8 AS errors
FROM results_directory WHERE directory = coalesce(
  (SELECT directory FROM results_directory WHERE directory = $1),
  (SELECT directory FROM results_directory WHERE configured = $2 ORDER BY begun_at DESC LIMIT 1)
)`,
};

/** What all runs over a directory did together; dry runs are not among them. */
export interface ResultsTotals {
  readonly cleanups: number;
  readonly deleted: number;
  readonly freedBytes: number;
  readonly errors: number;
}

interface Row {
  readonly cleanups: number;
  readonly deleted: number;
  readonly freed: number;
  readonly errors: number;
}

/** Zeros for a directory that nobody has cleaned. `configured`: what it is called, where that is something else. */
export async function resultsTotals(
  db: Db,
  directory: string,
  configured: string = directory,
): Promise<ResultsTotals> {
  const [row] = await db.rows<Row>(STATEMENT, [directory, configured]);
  if (row === undefined) return { cleanups: 0, deleted: 0, freedBytes: 0, errors: 0 };
  return { cleanups: row.cleanups, deleted: row.deleted, freedBytes: row.freed, errors: row.errors };
}
