import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'job-record',
  text: `
INSERT INTO job_outcome AS o (job, dry_run, started_at, result, error, last_success_at)
VALUES ($1, $2, clock_timestamp() - $3 * interval '1 ms', $4::jsonb, $5,
  CASE WHEN $5::text IS NULL THEN clock_timestamp() END)
ON CONFLICT (job, dry_run) DO UPDATE SET started_at = excluded.started_at, finished_at = clock_timestamp(),
  result = excluded.result, error = excluded.error,
  last_success_at = coalesce(excluded.last_success_at, o.last_success_at)`,
};

/** How a job went: its result, plain JSON, or one sentence on why it failed. */
export type JobEnding = { readonly result: object } | { readonly error: string };

export interface JobRecord {
  readonly job: string;
  readonly dryRun: boolean;
  readonly tookMs: number;
  readonly ending: JobEnding;
}

/** Writes down how a job went, in place of the time before. */
export async function recordJob(db: Db, { job, dryRun, tookMs, ending }: JobRecord): Promise<void> {
  const [result, error] = 'error' in ending ? [null, ending.error] : [JSON.stringify(ending.result), null];
  await db.rows(STATEMENT, [job, dryRun, tookMs, result, error]);
}
