import type { ListedKind } from '../../domain/listed-store.ts';
import type { Db } from '../open.ts';

export interface Promoted {
  /** Last id of the page; null = there was none left. */
  readonly last: string | null;
  readonly byKind: Readonly<Partial<Record<ListedKind, number>>>;
}

/**
 * What each store is to the ledger is decided here, after the listing: a store that was made meanwhile has had its
 * lease in the ledger before. The row of a store decides before its tag does.
 */
const PROMOTE = {
  name: 'promote-listing',
  text: `
WITH page AS MATERIALIZED (
  SELECT * FROM sweep_seen WHERE run_id = $1 AND store_id > $2 ORDER BY store_id LIMIT $3
), known AS MATERIALIZED (
  SELECT page.*, s.state AS store_state, l.state AS lease_state, l.vector_store_id,
    coalesce(page.instance_id = $6, false) AS ours
  FROM page
  LEFT JOIN LATERAL (
    SELECT state FROM store WHERE provider = $4 AND base_url = $5 AND store_id = page.store_id OFFSET 0
  ) AS s ON true
  LEFT JOIN LATERAL (SELECT state, vector_store_id FROM lease WHERE lease_id = page.lease_id OFFSET 0) AS l ON true
), judged AS MATERIALIZED (
  SELECT known.*, CASE
      WHEN store_state IS NOT NULL THEN store_state
      WHEN NOT ours THEN 'foreign'
      WHEN lease_state IS NULL THEN 'ledger_lost'
      WHEN lease_state = 'closed' OR (lease_state = 'active' AND vector_store_id <> store_id) THEN 'orphan'
      WHEN lease_state = 'active' THEN 'held'
      ELSE 'claimed' END AS kind
  FROM known
), written AS (
  INSERT INTO listed_store (account_id, store_id, kind, instance_id, lease_id, session_id, name, status, created_at,
    expires_at, usage_bytes, sightings, last_run_id, why)
  SELECT $7, store_id, kind, instance_id, lease_id, session_id, name, status, created_at, expires_at, usage_bytes, 1,
    run_id, CASE
      WHEN kind = 'orphan' AND lease_state = 'closed' THEN 'its lease is closed'
      WHEN kind = 'orphan' THEN 'its lease uses another store'
      WHEN kind = 'ledger_lost' AND lease_id IS NULL THEN 'its tag names no lease'
      WHEN kind = 'ledger_lost' THEN 'its lease is not in this ledger'
      WHEN kind = 'deleted' THEN 'proven deleted, and listed all the same'
      WHEN kind = 'abandoned' THEN 'given up by an operator'
      WHEN kind = 'claimed' THEN 'its lease is being made or drained'
      WHEN kind = 'foreign' AND instance_id IS NULL THEN 'it carries no tag of this service'
      WHEN kind = 'foreign' THEN 'it is tagged by another installation' END
  FROM judged
  ON CONFLICT (account_id, store_id) DO UPDATE SET kind = excluded.kind, instance_id = excluded.instance_id,
    lease_id = excluded.lease_id, session_id = excluded.session_id, name = excluded.name, status = excluded.status,
    created_at = excluded.created_at, expires_at = excluded.expires_at, usage_bytes = excluded.usage_bytes,
    sightings = CASE WHEN listed_store.kind = excluded.kind THEN listed_store.sightings + 1 ELSE 1 END,
    last_run_id = excluded.last_run_id, why = excluded.why
  WHERE listed_store.last_run_id < excluded.last_run_id
)
SELECT kind, count(*)::int AS n, (SELECT max(store_id) FROM page) AS last FROM judged GROUP BY kind`,
};
const FORGET = {
  name: 'forget-unlisted',
  text: `DELETE FROM listed_store WHERE account_id = $1 AND last_run_id < $2`,
};

/** Makes one page of a run's listing the truth; a store seen by the same run before is not counted again. */
export async function promoteListing(
  db: Db,
  run: {
    readonly runId: string;
    readonly accountId: number;
    readonly instanceId: string;
    readonly provider: string;
    readonly baseUrl: string;
  },
  page: { readonly after: string; readonly limit: number },
): Promise<Promoted> {
  const { runId, provider, baseUrl, instanceId, accountId } = run;
  const rows = await db.rows<{ kind: ListedKind; n: number; last: string }>(PROMOTE, [
    ...[runId, page.after, page.limit],
    ...[provider, baseUrl, instanceId, accountId],
  ]);
  return {
    last: rows[0]?.last ?? null,
    byKind: Object.fromEntries(rows.map(({ kind, n }) => [kind, n])),
  };
}

/** Forgets stores that the run has not seen. */
export async function forgetUnlisted(db: Db, accountId: number, runId: string): Promise<void> {
  await db.rows(FORGET, [accountId, runId]);
}
