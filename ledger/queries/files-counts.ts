import type { Db } from '../open.ts';
import { FILES_DUE, UNSETTLED, unsettledStuck } from '../upload-row.ts';

/** Uploaded files of a provider that are not proven gone, and uploads that are not settled. */
export interface FileCounts {
  readonly provider: string;
  /** Not marked for deletion. */
  readonly live: number;
  /** Marked; those that are stuck left out. */
  readonly deleting: number;
  readonly stuck: number;
  /** Uploads that the provider may have taken, and that the service settles by itself. */
  readonly settling: number;
  /** The same, which a person has to look at. */
  readonly settlingStuck: number;
}

/** Each part reads a partial index: what is there, what is to be deleted, what is not settled. */
const STATEMENT = {
  name: 'files-counts',
  text: `
WITH live AS (
  SELECT provider, count(*) AS live FROM file WHERE uploaded AND deleted_at IS NULL GROUP BY provider
), due AS (
  SELECT f.provider, count(*) FILTER (WHERE f.stuck_at IS NULL) AS deleting, count(f.stuck_at) AS stuck
  FROM ${FILES_DUE} AS f GROUP BY f.provider
), unsettled AS (
  SELECT u.provider, count(*) FILTER (WHERE NOT (${unsettledStuck('$2')})) AS settling,
    count(*) FILTER (WHERE ${unsettledStuck('$2')}) AS settling_stuck
  FROM provider_file_uploads u
  WHERE ${UNSETTLED} AND (u.uncertain OR coalesce(u.sender_until, u.created_at) < clock_timestamp())
  GROUP BY u.provider
)
SELECT provider, coalesce(live, 0)::float8 AS live, coalesce(deleting, 0)::float8 AS deleting,
  coalesce(stuck, 0)::float8 AS stuck, coalesce(settling, 0)::float8 AS settling, coalesce(settling_stuck, 0)::float8 AS "settlingStuck"
FROM (SELECT provider FROM live UNION SELECT provider FROM due UNION SELECT provider FROM unsettled
  UNION SELECT unnest($1::text[])) AS known (provider)
LEFT JOIN live USING (provider) LEFT JOIN due USING (provider) LEFT JOIN unsettled USING (provider)
ORDER BY provider COLLATE "C"`,
};
const RETENTION = {
  name: 'last-retention',
  text: `
SELECT (extract(epoch FROM coalesce(
  (SELECT finished_at FROM file_run WHERE kind = 'retention'), (SELECT created_at FROM installation))) * 1000)::float8
  AS at_ms`,
};

/**
 * For each of the providers, and for every other one that has any; providers in the order of their names. An upload that
 * could not be settled for `stuckAfterMs` is stuck.
 */
export function fileCounts(
  db: Db,
  providers: readonly string[],
  stuckAfterMs: number,
): Promise<readonly FileCounts[]> {
  return db.rows<FileCounts>(STATEMENT, [providers, stuckAfterMs]);
}

/** When the last retention run ended, in epoch milliseconds; before the first, when the installation was begun. */
export async function lastRetentionMs(db: Db): Promise<number> {
  const [row] = await db.rows<{ at_ms: number | null }>(RETENTION, []);
  return row?.at_ms ?? 0;
}
