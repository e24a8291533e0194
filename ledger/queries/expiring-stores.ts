import type { Db } from '../open.ts';
import { ACTIVE } from '../states.ts';
import type { LiveStore } from './missing-stores.ts';

export interface ExpiringStore extends LiveStore {
  readonly protected: boolean;
  /** Expired already, as the listing says. */
  readonly expired: boolean;
  /** The provider's expiry in epoch milliseconds, and how far off that was by the ledger's clock. */
  readonly expiresAtMs: number | null;
  readonly leftMs: number | null;
}

interface Row {
  readonly store_id: string;
  readonly lease_id: string;
  readonly session_id: string;
  readonly protected: boolean;
  readonly expired: boolean;
  readonly expires_at_ms: number | null;
  readonly left_ms: number | null;
}

const STATEMENT = {
  name: 'expiring-stores',
  text: `
SELECT ls.store_id, l.lease_id, l.session_id, l.protected, ls.status = 'expired' AS expired,
  (extract(epoch FROM ls.expires_at) * 1000)::float8 AS expires_at_ms,
  (extract(epoch FROM ls.expires_at - clock_timestamp()) * 1000)::float8 AS left_ms
FROM listed_store ls
CROSS JOIN LATERAL (
  SELECT lease_id FROM store
  WHERE provider = $1 AND base_url = $2 AND store_id = ls.store_id AND state = $3 OFFSET 0
) AS s
CROSS JOIN LATERAL (
  SELECT lease_id, session_id, protected FROM lease WHERE lease_id = s.lease_id AND state = $4 OFFSET 0
) AS l
WHERE ls.account_id = $5 AND ls.kind = 'held' AND ls.last_run_id = $6 AND ls.store_id > $7
  AND (ls.status = 'expired' OR ls.expires_at < clock_timestamp() + $8 * interval '1 ms')
ORDER BY ls.store_id LIMIT $9`,
};

/** Stores of live leases that the provider has expired, or will within `soonMs`. */
export async function expiringStores(
  db: Db,
  run: {
    readonly runId: string;
    readonly accountId: number;
    readonly provider: string;
    readonly baseUrl: string;
    readonly soonMs: number;
  },
  page: { readonly after: string; readonly limit: number },
): Promise<readonly ExpiringStore[]> {
  const rows = await db.rows<Row>(STATEMENT, [
    ...[run.provider, run.baseUrl, 'held', ACTIVE],
    ...[run.accountId, run.runId, page.after, run.soonMs, page.limit],
  ]);
  return rows.map((row) => ({
    storeId: row.store_id,
    leaseId: row.lease_id,
    sessionId: row.session_id,
    protected: row.protected,
    expired: row.expired,
    expiresAtMs: row.expires_at_ms,
    leftMs: row.left_ms,
  }));
}
