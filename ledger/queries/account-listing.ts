import type { Db } from '../open.ts';
import { FOUND } from './attached-files.ts';
import type { StoreKey } from './hold-store.ts';

/** What the leases of an account know of where files are attached. */
export interface AttachmentProof {
  /** Files that wait to be decided on. */
  readonly undecided: boolean;
  /** Of some of them it is known when they were created. */
  readonly dated: boolean;
  /** Stores that are not proven deleted. */
  readonly storesLeft: boolean;
  /** A complete look through all stores began after the lease's were proven deleted, and is not too old. */
  readonly proven: boolean;
}

interface ProofRow {
  readonly undecided: boolean;
  readonly dated: boolean;
  readonly stores_left: boolean;
  readonly proven: boolean;
}

const PROOF = {
  name: 'attachment-proof',
  text: `
SELECT EXISTS (SELECT FROM attached_file a WHERE a.lease_id = $1 AND a.state = $4) AS undecided,
  EXISTS (SELECT FROM attached_file a WHERE a.lease_id = $1 AND a.state = $4 AND a.created_at IS NOT NULL) AS dated,
  EXISTS (SELECT FROM store s WHERE s.lease_id = $1 AND s.state <> 'deleted') AS stores_left,
  coalesce((SELECT p.proven_from > clock_timestamp() - $3 * interval '1 ms' AND p.proven_from >
      (SELECT max(s.deleted_at) FROM store s WHERE s.lease_id = $1)
    FROM account_listing p WHERE p.account_id = $2), false) AS proven`,
};

/** Where a lease stands between the deletion of its stores and that of the files they held. */
export async function attachmentProof(
  db: Db,
  lease: { readonly leaseId: string; readonly accountId: number; readonly freshMs: number },
): Promise<AttachmentProof> {
  const values = [lease.leaseId, lease.accountId, lease.freshMs, FOUND];
  const [row] = await db.rows<ProofRow>(PROOF, values);
  return {
    undecided: row?.undecided ?? false,
    dated: row?.dated ?? false,
    storesLeft: row?.stores_left ?? false,
    proven: row?.proven ?? false,
  };
}

/** Which look is meant: the token fences one that was taken for dead. */
export interface Look {
  readonly accountId: number;
  readonly token: string;
}

const BEGIN = {
  name: 'account-listing-begin',
  text: `
INSERT INTO account_listing (account_id, runner, started_at, runner_until)
SELECT $1, $2, now, now + $3 * interval '1 ms' FROM (SELECT clock_timestamp() AS now) AS t
ON CONFLICT (account_id) DO UPDATE SET runner = excluded.runner, started_at = clock_timestamp(),
  runner_until = clock_timestamp() + $3 * interval '1 ms'
WHERE account_listing.runner IS NULL OR account_listing.runner_until <= clock_timestamp()
RETURNING account_id`,
};

/** Takes the account's look through all stores for `holdMs`; false while another is under way. */
export async function beginAccountListing(db: Db, look: Look, holdMs: number): Promise<boolean> {
  return (await db.rows(BEGIN, [look.accountId, look.token, holdMs])).length === 1;
}

const SEEN = {
  name: 'account-listing-seen',
  text: `
WITH candidate AS MATERIALIZED (
  SELECT lease_id, file_id FROM attached_file WHERE state = 'found' AND file_id = ANY ($1::text[]) AND store_id <> $2
  ORDER BY file_id, lease_id FOR UPDATE
)
UPDATE attached_file SET seen_at = clock_timestamp(), seen_store_id = $2
FROM candidate c
WHERE attached_file.lease_id = c.lease_id AND attached_file.file_id = c.file_id AND attached_file.state = $3`,
};

/**
 * Marks undecided files, whichever lease they belong to, as attached to a store. The one they were found in does not
 * count: once deleted, it may still be listed for a while.
 */
export async function seenAttached(db: Db, fileIds: readonly string[], storeId: string): Promise<void> {
  await db.rows(SEEN, [fileIds, storeId, FOUND]);
}

const EXTEND = {
  name: 'account-listing-extend',
  text: `
UPDATE account_listing SET runner_until = clock_timestamp() + $3 * interval '1 ms'
WHERE account_id = $1 AND runner = $2 RETURNING account_id`,
};
const COMPLETE = {
  name: 'account-listing-complete',
  text: `
UPDATE account_listing SET proven_from = started_at, runner = NULL, runner_until = NULL
WHERE account_id = $1 AND runner = $2 RETURNING account_id`,
};
const GIVE_UP = {
  name: 'account-listing-give-up',
  text: `UPDATE account_listing SET runner = NULL, runner_until = NULL WHERE account_id = $1 AND runner = $2`,
};

/** Says that the look goes on; false when another has taken it over. */
export async function extendAccountListing(db: Db, look: Look, holdMs: number): Promise<boolean> {
  return (await db.rows(EXTEND, [look.accountId, look.token, holdMs])).length === 1;
}

/** Records that every store was looked into; false when another has taken the look over. */
export async function completeAccountListing(db: Db, look: Look): Promise<boolean> {
  return (await db.rows(COMPLETE, [look.accountId, look.token])).length === 1;
}

/** Lets the next one begin at once after a look that failed. */
export async function giveUpAccountListing(db: Db, look: Look): Promise<void> {
  await db.rows(GIVE_UP, [look.accountId, look.token]);
}

/**
 * A new store may be missing from listings for a while; one that is about to go may be missing, too. Those of live
 * leases come first: what others had at the last sweep may be gone by now, and would use up the limit.
 */
const OMITTED = {
  name: 'stores-omitted',
  text: `
SELECT k.store_id FROM (
  SELECT l.vector_store_id AS store_id, 1 AS turn FROM lease l
  WHERE l.state = 'active' AND l.account_id = ANY ($4::integer[]) AND l.created_at < now() - interval '5 min'
  UNION ALL
  SELECT o.store_id, 2 FROM listed_store o WHERE o.account_id = $1 AND o.kind IN ('foreign', 'ledger_lost', 'abandoned')
) AS k
WHERE k.store_id NOT IN (SELECT unnest($2::text[])) ORDER BY k.turn LIMIT $3`,
};

/** Stores believed to exist that a listing does not show, at most `limit`. `accounts` are those that it speaks for. */
export async function storesOmitted(
  db: Db,
  account: { readonly accountId: number; readonly accounts: readonly number[] },
  listing: { readonly storeIds: readonly string[]; readonly limit: number },
): Promise<readonly string[]> {
  const values = [account.accountId, listing.storeIds, listing.limit, account.accounts];
  const rows = await db.rows<{ store_id: string }>(OMITTED, values);
  return rows.map((row) => row.store_id);
}

const GOING = {
  name: 'store-going',
  text: `
SELECT 1 FROM store WHERE provider = $1 AND base_url = $2 AND store_id = $3 AND state IN ('deleting', 'deleted')`,
};

/** Whether the ledger knows the store as one that is being deleted, or is. */
export async function storeIsGoing(db: Db, key: StoreKey): Promise<boolean> {
  return (await db.rows(GOING, [key.provider, key.baseUrl, key.storeId])).length > 0;
}
