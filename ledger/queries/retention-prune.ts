import type { Db } from '../open.ts';
import { COUNTS_AS_UPLOAD } from './files-stats.ts';

/** What never had a file has nothing to be proven. */
const STATEMENT = {
  name: 'prune-uploads',
  text: `
WITH old AS MATERIALIZED (
  SELECT upload_id FROM provider_file_uploads
  WHERE deleted_at < now() - $1::float8 * interval '1 day'
    AND (file_key IS NULL OR provider_deleted_at < now() - $1::float8 * interval '1 day')
  ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED
), pruned AS (
  DELETE FROM provider_file_uploads u USING old WHERE u.upload_id = old.upload_id RETURNING u.*
), counted AS (
  INSERT INTO file_statistics AS kept (provider, uploads, dedupe_hits, bytes_saved)
  SELECT provider, count(*) FILTER (WHERE ${COUNTS_AS_UPLOAD}), sum(dedupe_hits), sum(dedupe_hits * file_size_bytes)
  FROM pruned GROUP BY provider ORDER BY provider
  ON CONFLICT (provider) DO UPDATE SET uploads = kept.uploads + excluded.uploads,
    dedupe_hits = kept.dedupe_hits + excluded.dedupe_hits, bytes_saved = kept.bytes_saved + excluded.bytes_saved
)
SELECT count(*)::int AS pruned FROM pruned`,
};

/**
 * Forgets at most `limit` uploads that were let go, and proven gone, more than `days` ago; what they had come to stays
 * counted. Returns how many.
 */
export async function pruneUploads(db: Db, days: number, limit: number): Promise<number> {
  const [row] = await db.rows<{ pruned: number }>(STATEMENT, [days, limit]);
  return row?.pruned ?? 0;
}
