import type { Db } from '../open.ts';

/** What uploads of a provider have come to. */
export interface UploadSums {
  readonly provider: string;
  /** Uploads that the provider has taken, hits not counted. */
  readonly uploads: number;
  readonly dedupeHits: number;
  readonly bytesSaved: number;
  readonly failed: number;
}

/** Files that somebody's upload holds, and their bytes. */
export interface LiveBytes {
  readonly provider: string;
  readonly files: number;
  readonly bytes: number;
}

/** What is counted as an upload: its bytes were sent, and became a file that somebody got. */
export const COUNTS_AS_UPLOAD = `sent_at IS NOT NULL AND file_key IS NOT NULL AND deletion_reason IS DISTINCT FROM 'orphaned'`;

/** Reads every upload that is not pruned, once: those are what there is for `AUDIT_RETENTION_DAYS` and what is in use. */
const SUMS = {
  name: 'files-sums',
  text: `
SELECT provider, sum(uploads)::float8 AS uploads, sum(hits)::float8 AS hits, sum(saved)::float8 AS saved,
  sum(failed)::float8 AS failed
FROM (
  SELECT provider, count(*) FILTER (WHERE ${COUNTS_AS_UPLOAD}) AS uploads, sum(dedupe_hits) AS hits,
    sum(dedupe_hits * file_size_bytes) AS saved, count(*) FILTER (WHERE upload_status = 'failed') AS failed
  FROM provider_file_uploads GROUP BY provider
  UNION ALL
  SELECT provider, uploads, dedupe_hits, bytes_saved, 0 FROM file_statistics
) AS parts GROUP BY provider`,
};
/** In the order of an index over files: those with several holders come together, and nothing is sorted. */
const LIVE = {
  name: 'files-live-bytes',
  text: `
SELECT provider, count(*)::float8 AS files, sum(file_size_bytes)::float8 AS bytes
FROM (
  SELECT DISTINCT ON (file_key) provider, file_size_bytes FROM provider_file_uploads
  WHERE deleted_at IS NULL AND file_key IS NOT NULL ORDER BY file_key
) AS held GROUP BY provider`,
};

interface SumsRow {
  readonly provider: string;
  readonly uploads: number;
  readonly hits: number;
  readonly saved: number;
  readonly failed: number;
}

/** Of every provider that ever had an upload. */
export async function uploadSums(db: Db): Promise<readonly UploadSums[]> {
  const rows = await db.rows<SumsRow>(SUMS, []);
  return rows.map(({ provider, uploads, hits, saved, failed }) => ({
    provider,
    uploads,
    dedupeHits: hits,
    bytesSaved: saved,
    failed,
  }));
}

/** Of every provider that has a file that somebody's upload holds. */
export function liveBytes(db: Db): Promise<readonly LiveBytes[]> {
  return db.rows<LiveBytes>(LIVE, []);
}
