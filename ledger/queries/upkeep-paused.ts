import { FILE_DUE } from '../holders.ts';
import type { Db } from '../open.ts';

/** What a file waits for that an operator's pause holds up. */
const WAITS_FOR = 'deletions are paused';

/** The control row is locked, so that whoever lifts the pause comes before this, or finds what to wake: as with leases. */
const PAUSED = {
  name: 'upkeep-files-paused',
  text: `
WITH pause AS MATERIALIZED (
  SELECT 1 FROM deletion_control WHERE singleton AND paused_at IS NOT NULL FOR SHARE
), due AS MATERIALIZED (
  SELECT f.file_key FROM file f WHERE ${FILE_DUE} AND f.next_try_at <= now()
  ORDER BY f.next_try_at, f.file_key LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE file f SET waits_for = $1, failing_since = CASE WHEN f.stuck_at IS NOT NULL THEN f.failing_since END,
  next_try_at = clock_timestamp() + $2::float8 * interval '1 ms'
FROM due WHERE f.file_key = due.file_key AND EXISTS (SELECT FROM pause)
RETURNING f.file_key`,
};

const WAKE = {
  name: 'wake-paused-files',
  text: `
UPDATE file f SET waits_for = NULL, next_try_at = clock_timestamp()
WHERE f.file_key IN (SELECT f.file_key FROM file f WHERE ${FILE_DUE} AND f.next_try_at IS NOT NULL AND f.waits_for = $1
    ORDER BY f.file_key LIMIT $2 FOR UPDATE)
  AND f.provider_deleted_at IS NULL
RETURNING f.file_key`,
};

/** Records of at most `limit` files that are due that they wait for the end of the pause; returns of how many. */
export async function filesPaused(
  db: Db,
  { waitMs, limit }: { readonly waitMs: number; readonly limit: number },
): Promise<number> {
  return (await db.rows(PAUSED, [WAITS_FOR, waitMs, limit])).length;
}

/** Makes at most `limit` files that wait for the end of the pause due at once; returns how many. */
export async function wakePausedFiles(db: Db, limit: number): Promise<number> {
  return (await db.rows(WAKE, [WAITS_FOR, limit])).length;
}
