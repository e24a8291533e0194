import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'job-record',
  text: `
INSERT INTO job_outcome AS o (job, dry_run, started_at, finished_at, succeeded, result, error, last_success_at)
SELECT $1, $2, t.now - $3::float8 * interval '1 ms', t.now, $4, $5::jsonb, $6,
  CASE WHEN $4::boolean THEN t.now END
FROM (SELECT clock_timestamp() - $7::float8 * interval '1 ms' AS now) t
ON CONFLICT (job, dry_run) DO UPDATE SET started_at = excluded.started_at, finished_at = excluded.finished_at,
  succeeded = excluded.succeeded, result = excluded.result, error = excluded.error,
  last_success_at = coalesce(excluded.last_success_at, o.last_success_at)`,
};

/** How a job went: its result, plain JSON, and whether that is a success; or one sentence on why it failed. */
export type JobEnding = { readonly result: object; readonly succeeded: boolean } | { readonly error: string };

export interface JobRecord {
  readonly job: string;
  readonly dryRun: boolean;
  readonly tookMs: number;
  /** How long ago it ended; absent = just now. */
  readonly endedAgoMs?: number;
  readonly ending: JobEnding;
}

/** Writes down how a job went, in place of the time before. */
export async function recordJob(
  db: Db,
  { job, dryRun, tookMs, endedAgoMs = 0, ending }: JobRecord,
): Promise<void> {
  const told =
    'error' in ending ? [false, null, ending.error] : [ending.succeeded, JSON.stringify(ending.result), null];
  await db.rows(STATEMENT, [job, dryRun, tookMs, ...told, endedAgoMs]);
}
