import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';
import type { StoreKey } from './hold-store.ts';

/** A store whose files have to be listed before it may be deleted. */
export interface UnlistedStore {
  readonly storeId: string;
  /** Last file of a listing that was interrupted; null = begin at the beginning. */
  readonly cursor: string | null;
  readonly createdAtKnown: boolean;
}

interface Row {
  readonly store_id: string;
  readonly cursor: string | null;
  readonly created_at_known: boolean;
}

const UNLISTED = {
  name: 'unlisted-stores',
  text: `
WITH wanted AS MATERIALIZED (
  SELECT s.provider, s.base_url, s.store_id FROM store s
  LEFT JOIN attached_listing a
    ON a.provider = s.provider AND a.base_url = s.base_url AND a.store_id = s.store_id
  WHERE s.lease_id = $1 AND s.state IN ('held', 'deleting')
    AND (a.agreed_at IS NULL OR a.agreed_at <= clock_timestamp() - $2 * interval '1 ms')
)
INSERT INTO attached_listing (provider, base_url, store_id)
SELECT provider, base_url, store_id FROM wanted ORDER BY store_id
ON CONFLICT (provider, base_url, store_id) DO UPDATE SET agreed_at = NULL,
  last_digest = CASE WHEN attached_listing.agreed_at IS NULL THEN attached_listing.last_digest END
RETURNING store_id, cursor, store_created_at IS NOT NULL AS created_at_known`,
};

/** The lease's stores without two listings that agreed within `freshMs`; after older ones it takes two more. */
export async function unlistedStores(
  db: Db,
  leaseId: string,
  freshMs: number,
): Promise<readonly UnlistedStore[]> {
  const rows = await db.rows<Row>(UNLISTED, [leaseId, freshMs]);
  return rows.map((row) => ({
    storeId: row.store_id,
    cursor: row.cursor,
    createdAtKnown: row.created_at_known,
  }));
}

export interface AttachedPage extends StoreKey {
  readonly leaseId: string;
  /** Where the listing stood before this page. */
  readonly from: string | null;
  readonly fileIds: readonly string[];
  /** Epoch milliseconds, in the order of the ids. */
  readonly attachedAtMs: readonly (number | null)[];
  /** Epoch milliseconds; null where it is known already. */
  readonly storeCreatedAtMs: number | null;
}

/** Counted among the lease's entries: what the removal of its history costs goes by that, and each may become one. */
const PAGE = {
  name: 'attached-page',
  text: `
WITH moved AS (
  UPDATE attached_listing SET cursor = ($5::text[])[cardinality($5::text[])],
    digest = digest + (SELECT sum(hashtextextended(id, 0)::numeric) FROM unnest($5::text[]) AS t (id)),
    store_created_at = coalesce(store_created_at, to_timestamp($8::float8 / 1000))
  WHERE provider = $1 AND base_url = $2 AND store_id = $3 AND cursor IS NOT DISTINCT FROM $7::text
    AND EXISTS (SELECT FROM lease l WHERE l.lease_id = $4 AND l.state = $9)
  RETURNING store_id
), added AS (
  INSERT INTO attached_file (lease_id, file_id, store_id, attached_at)
  SELECT $4, t.id, moved.store_id, to_timestamp(t.attached_ms / 1000)
  FROM moved, unnest($5::text[], $6::float8[]) AS t (id, attached_ms)
  WHERE NOT EXISTS (
    SELECT FROM file f JOIN lease_entry e ON e.file_key = f.file_key AND e.lease_id = $4
    WHERE f.provider = $1 AND f.base_url = $2 AND f.provider_file_id = t.id)
  ORDER BY t.id COLLATE "C"
  ON CONFLICT DO NOTHING RETURNING 1
), counted AS (
  UPDATE lease SET entry_count = entry_count + 2 * (SELECT count(*) FROM added)
  WHERE lease_id = $4 AND state = $9 AND EXISTS (SELECT FROM added)
)
SELECT store_id FROM moved`,
};

/** Writes a page down before the next is asked for; false when another drain has moved the listing on meanwhile. */
export async function recordAttachedPage(db: Db, page: AttachedPage): Promise<boolean> {
  const rows = await db.rows(PAGE, [
    page.provider,
    page.baseUrl,
    page.storeId,
    page.leaseId,
    page.fileIds,
    page.attachedAtMs,
    page.from,
    page.storeCreatedAtMs,
    DRAINING,
  ]);
  return rows.length === 1;
}

const ENDED = {
  name: 'attached-listing-ended',
  text: `
UPDATE attached_listing SET cursor = NULL, digest = 0, last_digest = digest, ended_at = clock_timestamp(),
  agreed_at = CASE WHEN last_digest = digest THEN clock_timestamp() END
WHERE provider = $1 AND base_url = $2 AND store_id = $3 AND cursor IS NOT DISTINCT FROM $4::text
RETURNING agreed_at IS NOT NULL AS agreed`,
};

/**
 * Ends a whole listing; tells whether it agrees with the one before, however long ago that was: a listing may take
 * longer than any limit, and would never agree.
 */
export async function endAttachedListing(db: Db, key: StoreKey, from: string | null): Promise<boolean> {
  const values = [key.provider, key.baseUrl, key.storeId, from];
  const [row] = await db.rows<{ agreed: boolean }>(ENDED, values);
  return row?.agreed ?? false;
}

const RESTART = {
  name: 'attached-listing-restart',
  text: `
UPDATE attached_listing SET cursor = NULL, digest = 0
WHERE provider = $1 AND base_url = $2 AND store_id = $3`,
};

/** Begins the listing under way anew: its cursor is no longer known at the provider. */
export async function restartAttachedListing(db: Db, key: StoreKey): Promise<void> {
  await db.rows(RESTART, [key.provider, key.baseUrl, key.storeId]);
}
