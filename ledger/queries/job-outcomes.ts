import type { Db } from '../open.ts';
import { isoTime } from '../row.ts';

const STATEMENT = {
  name: 'job-outcomes',
  text: `
SELECT job, dry_run, succeeded, result, error, (extract(epoch FROM started_at) * 1000)::float8 AS started_ms,
  (extract(epoch FROM finished_at) * 1000)::float8 AS finished_ms,
  (extract(epoch FROM last_success_at) * 1000)::float8 AS success_ms
FROM job_outcome ORDER BY job, dry_run`,
};

/** How a job went the last time. Times are ISO 8601. */
export interface JobOutcome {
  readonly job: string;
  readonly dryRun: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** False also where it has a result that says so. */
  readonly succeeded: boolean;
  /** As the job answered it; null where it answered nothing. */
  readonly result: unknown;
  readonly error: string | null;
  /** Null before the first. */
  readonly lastSuccessAt: string | null;
}

interface Row {
  readonly job: string;
  readonly dry_run: boolean;
  readonly succeeded: boolean;
  readonly result: unknown;
  readonly error: string | null;
  readonly started_ms: number;
  readonly finished_ms: number;
  readonly success_ms: number | null;
}

/** Of every job that has run: the last real run and the last dry one. */
export async function jobOutcomes(db: Db): Promise<readonly JobOutcome[]> {
  const rows = await db.rows<Row>(STATEMENT, []);
  return rows.map((row) => ({
    job: row.job,
    dryRun: row.dry_run,
    startedAt: isoTime(row.started_ms),
    finishedAt: isoTime(row.finished_ms),
    succeeded: row.succeeded,
    result: row.result,
    error: row.error,
    lastSuccessAt: row.success_ms === null ? null : isoTime(row.success_ms),
  }));
}
