import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';
import type { DoomedStore } from './doom-stores.ts';

export interface UnattendedStore extends DoomedStore {
  readonly leaseId: string;
  readonly sessionId: string;
  /** Why the sweep deletes it; null for one that somebody else left behind. */
  readonly reason: string | null;
}

interface Row {
  readonly store_id: string;
  readonly account_id: number;
  readonly lease_id: string;
  readonly session_id: string;
  readonly delete_reason: string | null;
  readonly age_ms: number;
  readonly not_found_for_ms: number | null;
}

const STATEMENT = {
  name: 'unattended-stores',
  text: `
SELECT s.store_id, s.account_id, s.lease_id, l.session_id, s.delete_reason,
  (extract(epoch FROM clock_timestamp() - s.created_at) * 1000)::float8 AS age_ms,
  (extract(epoch FROM clock_timestamp() - s.not_found_at) * 1000)::float8 AS not_found_for_ms
FROM store s CROSS JOIN LATERAL (
  SELECT session_id FROM lease WHERE lease_id = s.lease_id AND state <> $4 OFFSET 0
) AS l
WHERE s.account_id = $1 AND s.state = 'deleting' AND s.store_id > $2
ORDER BY s.store_id LIMIT $3`,
};
const FAILED = {
  name: 'store-delete-failed',
  text: `
UPDATE store SET last_error = $4 WHERE provider = $1 AND base_url = $2 AND store_id = $3 AND state = 'deleting'`,
};

/** Tombstones that no drain looks after: orphans, and what a lost claim could not take back. */
export async function unattendedStores(
  db: Db,
  accountId: number,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly UnattendedStore[]> {
  const rows = await db.rows<Row>(STATEMENT, [accountId, page.after, page.limit, DRAINING]);
  return rows.map((row) => ({
    storeId: row.store_id,
    accountId: row.account_id,
    leaseId: row.lease_id,
    sessionId: row.session_id,
    reason: row.delete_reason,
    ageMs: row.age_ms,
    notFoundForMs: row.not_found_for_ms,
  }));
}

/** Records why a tombstone could not be carried out. At most 240 characters, without secrets. */
export async function storeDeleteFailed(
  db: Db,
  store: { readonly provider: string; readonly baseUrl: string; readonly storeId: string },
  error: string,
): Promise<void> {
  await db.rows(FAILED, [store.provider, store.baseUrl, store.storeId, error]);
}
