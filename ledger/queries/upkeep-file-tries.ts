import type { Db } from '../open.ts';

/** Not `FILE_DUE`, which would make a partial index look as good as the primary key. */
const STILL_DUE = `f.deleted_at IS NOT NULL AND f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL`;

const FAILED = {
  name: 'upkeep-file-failed',
  text: `
UPDATE file f SET attempts = f.attempts + 1, failing_since = coalesce(f.failing_since, clock_timestamp()),
  stuck_at = CASE WHEN f.stuck_at IS NOT NULL THEN f.stuck_at
    WHEN $4 OR coalesce(f.failing_since, clock_timestamp()) <= clock_timestamp() - $5::float8 * interval '1 ms'
      THEN clock_timestamp() END,
  last_error = $2, waits_for = NULL, next_try_at = clock_timestamp() + $3::float8 * interval '1 ms'
WHERE f.file_key = $1 AND ${STILL_DUE}
RETURNING f.attempts, f.stuck_at IS NOT NULL AS stuck`,
};
/** The provider did what was asked, and the proof takes time: what failed before fails no more. */
const WAITS = {
  name: 'upkeep-file-waits',
  text: `
UPDATE file f SET attempts = 0, failing_since = NULL, stuck_at = NULL, last_error = NULL, waits_for = $2,
  next_try_at = clock_timestamp() + $3::float8 * interval '1 ms'
WHERE f.file_key = $1 AND ${STILL_DUE}`,
};
/** What was not tried has not failed: the time for which it has been failing stands still. */
const HELD_BACK = {
  name: 'upkeep-files-held-back',
  text: `
UPDATE file f SET waits_for = $2,
  failing_since = CASE WHEN f.stuck_at IS NOT NULL THEN f.failing_since
    ELSE f.failing_since + $3::float8 * interval '1 ms' END,
  next_try_at = clock_timestamp() + $3::float8 * interval '1 ms'
WHERE f.file_key = ANY ($1::bigint[]) AND ${STILL_DUE}`,
};
const GIVE_BACK = {
  name: 'upkeep-give-files-back',
  text: `
UPDATE file f SET next_try_at = clock_timestamp() WHERE f.file_key = ANY ($1::bigint[]) AND ${STILL_DUE}`,
};

export interface FileFailure {
  readonly fileKey: string;
  /** At most 240 characters, without secrets. */
  readonly error: string;
  readonly waitMs: number;
  /** Stuck at once, whatever the time. */
  readonly stuckNow: boolean;
  readonly stuckAfterMs: number;
}

/** Records a failed deletion and when the next is due; `undefined` where another has proven it meanwhile. */
export async function fileFailed(
  db: Db,
  failure: FileFailure,
): Promise<{ readonly attempts: number; readonly stuck: boolean } | undefined> {
  const { fileKey, error, waitMs, stuckNow, stuckAfterMs } = failure;
  const values = [fileKey, error, waitMs, stuckNow, stuckAfterMs];
  const [row] = await db.rows<{ attempts: number; stuck: boolean }>(FAILED, values);
  return row;
}

/** Records that nothing failed, and what the proof waits for. */
export async function fileWaits(
  db: Db,
  wait: { readonly fileKey: string; readonly waitsFor: string; readonly waitMs: number },
): Promise<void> {
  await db.rows(WAITS, [wait.fileKey, wait.waitsFor, wait.waitMs]);
}

/** Records that nothing was sent, and why. */
export async function filesHeldBack(
  db: Db,
  fileKeys: readonly string[],
  held: { readonly waitsFor: string; readonly waitMs: number },
): Promise<void> {
  await db.rows(HELD_BACK, [fileKeys, held.waitsFor, held.waitMs]);
}

/** Makes files that were claimed and not tried due again. */
export async function giveFilesBack(db: Db, fileKeys: readonly string[]): Promise<void> {
  await db.rows(GIVE_BACK, [fileKeys]);
}
