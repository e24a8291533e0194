import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';
import type { DrainPart } from './drain-failed.ts';

export interface Unhindered {
  readonly leaseId: string;
  readonly part: DrainPart;
  /** Milliseconds until the next try; null leaves it as it is. */
  readonly waitMs: number | null;
  /** What is waited for; null where the other part's pass has said it. */
  readonly waitsFor: string | null;
}

/** Stuck is who keeps failing: the mark goes once neither files nor stores do. */
const STATEMENT = {
  name: 'drain-unhindered',
  text: `
UPDATE lease SET
  file_attempts = CASE WHEN $2 THEN 0 ELSE file_attempts END,
  attempts = CASE WHEN $2 THEN attempts ELSE 0 END,
  files_failing_since = CASE WHEN $2 THEN NULL ELSE files_failing_since END,
  failing_since = CASE WHEN $2 THEN failing_since END,
  stuck_at = CASE WHEN (CASE WHEN $2 THEN failing_since ELSE files_failing_since END) IS NOT NULL THEN stuck_at END,
  last_error = CASE WHEN (CASE WHEN $2 THEN failing_since ELSE files_failing_since END) IS NOT NULL THEN last_error END,
  waits_for = coalesce($4, waits_for),
  next_try_at = CASE WHEN $3::float8 IS NULL THEN next_try_at
    ELSE greatest(CASE WHEN NOT $2 THEN next_try_at END, clock_timestamp() + $3 * interval '1 ms') END,
  wake_at = greatest(CASE WHEN NOT $2 THEN next_try_at END, clock_timestamp() + coalesce($3, 0) * interval '1 ms')
    + interval '60 s'
WHERE lease_id = $1 AND state = $5`,
};

/** Records a pass over files or stores in which nothing failed, and the wait that is left, where there is one. */
export async function drainUnhindered(db: Db, pass: Unhindered): Promise<void> {
  await db.rows(STATEMENT, [pass.leaseId, pass.part === 'files', pass.waitMs, pass.waitsFor, DRAINING]);
}
