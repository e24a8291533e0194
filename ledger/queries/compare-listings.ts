import type { Db } from '../open.ts';

export interface Comparison {
  /** Last id looked at; null when there was nothing to compare. */
  readonly last: string | null;
  /** Stores of the last valid listing that are not proven deleted since. */
  readonly expected: number;
  readonly missing: number;
  /** Missing now, and not missing from the run before. */
  readonly newlyMissing: number;
}

/** `OFFSET 0`: each is looked up by its key, whatever the tables held when the plan was made. */
const STATEMENT = {
  name: 'compare-listings',
  text: `
WITH page AS MATERIALIZED (
  SELECT store_id FROM listed_store WHERE account_id = $1 AND store_id > $2 ORDER BY store_id LIMIT $3
), compared AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM sweep_seen WHERE run_id = $4 AND store_id = page.store_id OFFSET 0) AS seen,
    EXISTS (SELECT FROM sweep_seen WHERE run_id = $5 AND store_id = page.store_id OFFSET 0) AS seen_before
  FROM page WHERE NOT EXISTS (
    SELECT FROM store WHERE provider = $6 AND base_url = $7 AND store_id = page.store_id AND state = $8 OFFSET 0)
)
SELECT (SELECT max(store_id) FROM page) AS last, count(*)::int AS expected,
  count(*) FILTER (WHERE NOT seen)::int AS missing,
  count(*) FILTER (WHERE NOT seen AND seen_before)::int AS newly_missing
FROM compared`,
};

/** Compares the run's listing with one page of the last valid one. */
export async function compareListings(
  db: Db,
  run: {
    readonly accountId: number;
    readonly runId: string;
    /** The run before, where it was turned down for having missed so many; null = nothing to compare with. */
    readonly previousRunId: string | null;
    readonly provider: string;
    readonly baseUrl: string;
  },
  page: { readonly after: string; readonly limit: number },
): Promise<Comparison> {
  const { accountId, runId, previousRunId, provider, baseUrl } = run;
  const [row] = await db.rows<{
    last: string | null;
    expected: number;
    missing: number;
    newly_missing: number;
  }>(STATEMENT, [accountId, page.after, page.limit, runId, previousRunId, provider, baseUrl, 'deleted']);
  return {
    last: row?.last ?? null,
    expected: row?.expected ?? 0,
    missing: row?.missing ?? 0,
    newlyMissing: row?.newly_missing ?? 0,
  };
}
