import type { ListedKind } from '../../domain/listed-store.ts';
import type { Db } from '../open.ts';

/** A listed store that no lease looks after. Times are epoch milliseconds. */
export interface StrayStore {
  readonly storeId: string;
  readonly kind: ListedKind;
  readonly why: string | null;
  readonly name: string;
  readonly status: string;
  readonly instanceId: string | null;
  readonly leaseId: string | null;
  readonly sessionId: string | null;
  readonly createdAtMs: number;
  /** By the ledger's clock. */
  readonly ageMs: number;
  readonly expiresAtMs: number | null;
  readonly usageBytes: number;
  readonly sightings: number;
  readonly firstSeenAtMs: number;
  /** Of the last try to delete it. */
  readonly lastError: string | null;
}

interface Row {
  readonly store_id: string;
  readonly kind: ListedKind;
  readonly why: string | null;
  readonly name: string;
  readonly status: string;
  readonly instance_id: string | null;
  readonly lease_id: string | null;
  readonly session_id: string | null;
  readonly created_ms: number;
  readonly age_ms: number;
  readonly expires_ms: number | null;
  readonly usage_bytes: number;
  readonly sightings: number;
  readonly first_seen_ms: number;
  readonly last_error: string | null;
}

/** What a drain deletes is listed with its lease. */
const LIST = {
  name: 'list-strays',
  text: `
SELECT t.store_id, t.kind, coalesce(h.delete_reason, t.why) AS why, t.name, t.status, t.instance_id, t.lease_id,
  t.session_id, t.usage_bytes::float8 AS usage_bytes, t.sightings, h.last_error,
  (extract(epoch FROM t.created_at) * 1000)::float8 AS created_ms,
  (extract(epoch FROM clock_timestamp() - t.created_at) * 1000)::float8 AS age_ms,
  (extract(epoch FROM t.expires_at) * 1000)::float8 AS expires_ms,
  (extract(epoch FROM t.first_seen_at) * 1000)::float8 AS first_seen_ms
FROM listed_store t
LEFT JOIN LATERAL (
  SELECT s.last_error, s.delete_reason, l.state AS lease_state FROM store s JOIN lease l ON l.lease_id = s.lease_id
  WHERE s.provider = $1 AND s.base_url = $2 AND s.store_id = t.store_id OFFSET 0
) AS h ON true
WHERE t.account_id = $3 AND t.store_id > $4 AND t.kind = ANY ($5::text[])
  AND (t.kind <> 'deleting' OR h.lease_state <> 'draining')
ORDER BY t.store_id LIMIT $6`,
};
const COUNT = {
  name: 'count-listed',
  text: `SELECT kind, count(*)::int AS n FROM listed_store WHERE account_id = $1 GROUP BY kind`,
};
const LAST_VALID = {
  name: 'sweep-last-valid',
  text: `
SELECT (extract(epoch FROM finished_at) * 1000)::float8 AS finished_ms FROM sweep_run
WHERE account_id = $1 AND valid AND finished_at IS NOT NULL ORDER BY run_id DESC LIMIT 1`,
};

/** Stores of the last valid listing that are of these kinds, by their ids. */
export async function listStrays(
  db: Db,
  which: {
    readonly accountId: number;
    readonly provider: string;
    readonly baseUrl: string;
    readonly kinds: readonly ListedKind[];
  },
  page: { readonly after: string; readonly limit: number },
): Promise<readonly StrayStore[]> {
  const { provider, baseUrl, accountId, kinds } = which;
  const rows = await db.rows<Row>(LIST, [provider, baseUrl, accountId, page.after, kinds, page.limit]);
  return rows.map((row) => ({
    storeId: row.store_id,
    kind: row.kind,
    why: row.why,
    name: row.name,
    status: row.status,
    instanceId: row.instance_id,
    leaseId: row.lease_id,
    sessionId: row.session_id,
    createdAtMs: row.created_ms,
    ageMs: row.age_ms,
    expiresAtMs: row.expires_ms,
    usageBytes: row.usage_bytes,
    sightings: row.sightings,
    firstSeenAtMs: row.first_seen_ms,
    lastError: row.last_error,
  }));
}

/** How many stores of each kind the last valid listing showed. */
export async function countListed(
  db: Db,
  accountId: number,
): Promise<Readonly<Partial<Record<ListedKind, number>>>> {
  const rows = await db.rows<{ kind: ListedKind; n: number }>(COUNT, [accountId]);
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
}

/** When the account's last valid sweep ended, in epoch milliseconds; null before the first. */
export async function lastValidSweepMs(db: Db, accountId: number): Promise<number | null> {
  const [row] = await db.rows<{ finished_ms: number }>(LAST_VALID, [accountId]);
  return row?.finished_ms ?? null;
}
