import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

export interface DoomedStore {
  readonly storeId: string;
  readonly accountId: number;
  readonly ageMs: number;
  readonly notFoundForMs: number | null;
}

interface Row {
  readonly store_id: string;
  readonly account_id: number;
  readonly age_ms: number;
  readonly not_found_for_ms: number | null;
}

const STATEMENT = {
  name: 'doom-stores',
  text: `
UPDATE store SET state = 'deleting'
WHERE lease_id = $1 AND state IN ('held', 'deleting')
  AND EXISTS (SELECT FROM lease l WHERE l.lease_id = $1 AND l.state = $2)
RETURNING store_id, account_id,
  (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS age_ms,
  (extract(epoch FROM clock_timestamp() - not_found_at) * 1000)::float8 AS not_found_for_ms`,
};

/** The intent before the act: marks every store of a draining lease that is not proven deleted. */
export async function doomStores(db: Db, leaseId: string): Promise<readonly DoomedStore[]> {
  const rows = await db.rows<Row>(STATEMENT, [leaseId, DRAINING]);
  return rows.map((row) => ({
    storeId: row.store_id,
    accountId: row.account_id,
    ageMs: row.age_ms,
    notFoundForMs: row.not_found_for_ms,
  }));
}
