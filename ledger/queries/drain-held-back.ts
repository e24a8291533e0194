import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';
import type { DrainPart } from './drain-failed.ts';

export interface DrainHeldBack {
  readonly leaseId: string;
  readonly part: DrainPart;
  readonly waitMs: number;
  readonly waitsFor: string;
}

/**
 * What was not tried has not failed: attempts and marks stay as they are, and the time for which the lease has been
 * failing stands still while it waits. Else a provider that is away for long would make every lease stuck whose delete
 * failed once, and each would be tried again a quarter of an hour after the provider is back.
 */
const STATEMENT = {
  name: 'drain-held-back',
  text: `
UPDATE lease SET waits_for = $4,
  failing_since = CASE WHEN $2 OR stuck_at IS NOT NULL THEN failing_since
    ELSE failing_since + $3::float8 * interval '1 ms' END,
  files_failing_since = CASE WHEN NOT $2 OR stuck_at IS NOT NULL THEN files_failing_since
    ELSE files_failing_since + $3::float8 * interval '1 ms' END,
  next_try_at = greatest(next_try_at, clock_timestamp() + $3::float8 * interval '1 ms'),
  wake_at = clock_timestamp() + $3::float8 * interval '1 ms' + interval '60 s'
WHERE lease_id = $1 AND state = $5`,
};

/** Records that the limits of the account held a pass over files or stores back, and for how long. */
export async function drainHeldBack(db: Db, held: DrainHeldBack): Promise<void> {
  await db.rows(STATEMENT, [held.leaseId, held.part === 'files', held.waitMs, held.waitsFor, DRAINING]);
}
