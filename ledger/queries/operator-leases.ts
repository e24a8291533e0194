import type { Db } from '../open.ts';
import { CLOSED } from '../states.ts';

const ADOPT = {
  name: 'adopt-lease',
  text: `
INSERT INTO lease (lease_id, session_id, state, account_id, vector_store_id, expires_at, renewed_at, wake_at)
SELECT $1, $2, 'active', $3, $4, now + $5 * interval '1 ms', now, now + interval '5 s'
FROM (SELECT clock_timestamp() AS now) AS t
ON CONFLICT DO NOTHING RETURNING lease_id`,
};
/** Registered: whoever made the store may use its files elsewhere. */
const REMOVE = {
  name: 'remove-lease',
  text: `
INSERT INTO lease (lease_id, session_id, state, account_id, vector_store_id, registered, end_reason, ended_at, wake_at)
SELECT $1, $2, 'draining', $3, $4, true, 'released', now, now
FROM (SELECT clock_timestamp() AS now) AS t RETURNING lease_id`,
};
const OPEN = {
  name: 'open-leases',
  text: `
SELECT lease_id, vector_store_id, stuck_at IS NOT NULL AS stuck, last_error FROM lease
WHERE lease_id = ANY ($1::uuid[]) AND state <> $2`,
};
const LISTING = {
  name: 'newest-listing',
  text: `
SELECT r.account_id, a.provider, a.base_url, i.instance_id,
  (extract(epoch FROM clock_timestamp() - r.finished_at) * 1000)::float8 AS age_ms
FROM sweep_run r JOIN account a ON a.account_id = r.account_id LEFT JOIN installation i ON true
WHERE r.valid AND r.finished_at IS NOT NULL ORDER BY r.run_id DESC LIMIT 1`,
};

interface NewLease {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly accountId: number;
  readonly storeId: string;
}

/** An active lease for a store that the ledger has lost; false where the lease id or the session is taken. */
export async function adoptLease(db: Db, lease: NewLease & { readonly leaseMs: number }): Promise<boolean> {
  const { leaseId, sessionId, accountId, storeId, leaseMs } = lease;
  return (await db.rows(ADOPT, [leaseId, sessionId, accountId, storeId, leaseMs])).length === 1;
}

/** A lease that does nothing but drain: deletion of a store with all that a drain brings. */
export async function removeLease(db: Db, lease: NewLease): Promise<void> {
  const { leaseId, sessionId, accountId, storeId } = lease;
  await db.rows(REMOVE, [leaseId, sessionId, accountId, storeId]);
}

export interface OpenLease {
  readonly leaseId: string;
  readonly storeId: string | null;
  readonly stuck: boolean;
  readonly lastError: string | null;
}

interface OpenRow {
  readonly lease_id: string;
  readonly vector_store_id: string | null;
  readonly stuck: boolean;
  readonly last_error: string | null;
}

/** Those of the leases that are not closed. */
export async function openLeases(db: Db, leaseIds: readonly string[]): Promise<readonly OpenLease[]> {
  const rows = await db.rows<OpenRow>(OPEN, [leaseIds, CLOSED]);
  return rows.map((row) => ({
    leaseId: row.lease_id,
    storeId: row.vector_store_id,
    stuck: row.stuck,
    lastError: row.last_error,
  }));
}

/** The account that was listed last, and how long ago. */
export interface NewestListing {
  readonly accountId: number;
  readonly provider: string;
  readonly baseUrl: string;
  readonly instanceId: string | null;
  readonly ageMs: number;
}

interface ListingRow {
  readonly account_id: number;
  readonly provider: string;
  readonly base_url: string;
  readonly instance_id: string | null;
  readonly age_ms: number;
}

/** The newest valid listing; `undefined` before the first. */
export async function newestListing(db: Db): Promise<NewestListing | undefined> {
  const [row] = await db.rows<ListingRow>(LISTING, []);
  if (row === undefined) return undefined;
  const { account_id: accountId, provider, base_url: baseUrl, instance_id: instanceId, age_ms: ageMs } = row;
  return { accountId, provider, baseUrl, instanceId, ageMs };
}
