import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

const STATEMENT = {
  name: 'let-go-store',
  text: `DELETE FROM store WHERE lease_id = $1 AND state IN ('held', 'deleting')
  AND EXISTS (SELECT FROM lease l WHERE l.lease_id = $1 AND l.state = $2 AND l.let_go)`,
};

/** Gives a registered store back to whoever made it. */
export async function letGoStore(db: Db, leaseId: string): Promise<void> {
  await db.rows(STATEMENT, [leaseId, DRAINING]);
}
