import type { Db } from '../open.ts';

/** What the run under way has told of counts as well. */
const STATEMENT = {
  name: 'results-totals',
  text: `
SELECT total_cleanups::float8 AS cleanups, (total_deleted + run_deleted)::float8 AS deleted,
  (total_freed_bytes + run_freed_bytes)::float8 AS freed, total_errors::float8 AS errors
FROM results_directory WHERE directory = $1`,
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

/** Zeros for a directory that nobody has cleaned. */
export async function resultsTotals(db: Db, directory: string): Promise<ResultsTotals> {
  const [row] = await db.rows<Row>(STATEMENT, [directory]);
  if (row === undefined) return { cleanups: 0, deleted: 0, freedBytes: 0, errors: 0 };
  return { cleanups: row.cleanups, deleted: row.deleted, freedBytes: row.freed, errors: row.errors };
}
