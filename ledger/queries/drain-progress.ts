import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

const STATEMENT = {
  name: 'drain-progress',
  text: `UPDATE lease SET wake_at = clock_timestamp() + interval '60 s' WHERE lease_id = $1 AND state = $2`,
};

/** Tells the outbox that somebody works on this lease. */
export async function drainProgress(db: Db, leaseId: string): Promise<void> {
  await db.rows(STATEMENT, [leaseId, DRAINING]);
}
