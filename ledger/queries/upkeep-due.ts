import type { Db } from '../open.ts';
import { isStale } from '../stale-upload.ts';
import { FILE_DUE } from '../holders.ts';
import { UNSETTLED } from '../upload-row.ts';

/** The first entry of one index, and a look at the few uploads that are not settled. */
const STATEMENT = {
  name: 'upkeep-due',
  text: `
SELECT (extract(epoch FROM least(
    (SELECT f.next_try_at FROM file f WHERE ${FILE_DUE} AND f.next_try_at IS NOT NULL ORDER BY f.next_try_at LIMIT 1),
    (SELECT min(CASE WHEN u.upload_status = 'failed' THEN coalesce(u.next_try_at, u.created_at) ELSE u.created_at END)
      FROM provider_file_uploads u
      WHERE ${UNSETTLED} AND u.created_at < now() AND (u.upload_status = 'failed' OR ${isStale('$1')}))
  ) - clock_timestamp()) * 1000)::float8 AS wait_ms`,
};

/**
 * Milliseconds until the upkeep has something to do: a deletion, an upload to be settled, or one that nobody ended within
 * `staleAfterMs`. 0 = now; null = there is nothing.
 */
export async function upkeepDueMs(db: Db, staleAfterMs: number): Promise<number | null> {
  const [row] = await db.rows<{ wait_ms: number | null }>(STATEMENT, [staleAfterMs]);
  const waitMs = row?.wait_ms ?? null;
  return waitMs === null ? null : Math.max(0, waitMs);
}
