import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

const STATEMENT = {
  name: 'drain-waits',
  text: `
UPDATE lease SET next_try_at = clock_timestamp() + $2 * interval '1 ms',
  wake_at = clock_timestamp() + $2 * interval '1 ms' + interval '60 s'
WHERE lease_id = $1 AND state = $3`,
};

/** Records a wait that is no failure, such as the one before the second 404. */
export async function drainWaits(db: Db, leaseId: string, waitMs: number): Promise<void> {
  await db.rows(STATEMENT, [leaseId, waitMs, DRAINING]);
}
