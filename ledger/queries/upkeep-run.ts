import type { Db } from '../open.ts';
import type { RetentionRow } from './retention-select.ts';

const CLOCK = {
  name: 'upkeep-clock',
  text: `SELECT clock_timestamp()::text AS now`,
};

/** Uploads let go since then; a file counts with the last of its uploads. Those of drains have no time of their own. */
const PROGRESS = {
  name: 'upkeep-run-progress',
  text: `
WITH page AS MATERIALIZED (
  SELECT u.upload_id, u.deleted_at, u.file_key, u.file_size_bytes FROM provider_file_uploads u
  WHERE u.deleted_at IS NOT NULL AND (u.deleted_at, u.upload_id) > ($1::timestamptz, $2::uuid)
  ORDER BY u.deleted_at, u.upload_id LIMIT $3
), told AS (
  SELECT page.*, f.provider_deleted_at IS NOT NULL AS gone,
    f.deleted_at IS NOT NULL AND f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL AND f.attempts = 0
      AND f.waits_for IS NULL AS untried
  FROM page JOIN file f ON f.file_key = page.file_key AND f.next_try_at IS NOT NULL
  WHERE NOT EXISTS (SELECT FROM provider_file_uploads o WHERE o.file_key = page.file_key
    AND (o.deleted_at, o.upload_id) > (page.deleted_at, page.upload_id) OFFSET 0)
)
SELECT (SELECT count(*)::int FROM page) AS read, last.deleted_at::text AS at, last.upload_id,
  (SELECT count(*)::int FROM told WHERE gone) AS gone,
  (SELECT coalesce(sum(file_size_bytes), 0)::float8 FROM told WHERE gone) AS bytes,
  (SELECT count(*)::int FROM told WHERE untried) AS untried
FROM (SELECT deleted_at, upload_id FROM page ORDER BY deleted_at DESC, upload_id DESC LIMIT 1) AS last`,
};

const FINISHED = {
  name: 'upkeep-run-finished',
  text: `
INSERT INTO file_run (kind, finished_at) VALUES ($1, clock_timestamp())
ON CONFLICT (kind) DO UPDATE SET finished_at = excluded.finished_at`,
};

/** The ledger's own time, to the microsecond. */
export async function ledgerClock(db: Db): Promise<string> {
  const [row] = await db.rows<{ now: string }>(CLOCK, []);
  if (row === undefined) throw new Error('the clock of the ledger did not answer');
  return row.now;
}

/** What became of files whose uploads were let go, drains left out. */
export interface LetGoPage {
  readonly gone: number;
  /** Of those that are gone. */
  readonly bytes: number;
  /** Whose deletion nobody has tried yet. */
  readonly untried: number;
  /** Where the next page begins; null = this was the last. */
  readonly next: RetentionRow['position'] | null;
}

interface Row {
  readonly read: number;
  readonly at: string;
  readonly upload_id: string;
  readonly gone: number;
  readonly bytes: number;
  readonly untried: number;
}

/** Reads at most `limit` uploads that were let go after that. */
export async function letGoSince(
  db: Db,
  page: { readonly after: RetentionRow['position']; readonly limit: number },
): Promise<LetGoPage> {
  const [row] = await db.rows<Row>(PROGRESS, [page.after.at, page.after.uploadId, page.limit]);
  if (row === undefined) return { gone: 0, bytes: 0, untried: 0, next: null };
  const { gone, bytes, untried } = row;
  return {
    gone,
    bytes,
    untried,
    next: row.read < page.limit ? null : { at: row.at, uploadId: row.upload_id },
  };
}

/** Records that a run of the kind has ended. */
export async function recordFileRun(db: Db, kind: string): Promise<void> {
  await db.rows(FINISHED, [kind]);
}
