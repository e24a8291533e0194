import type { Db } from '../open.ts';

export interface OrphanCandidate {
  readonly storeId: string;
  readonly leaseId: string;
  readonly why: string;
}

const STATEMENT = {
  name: 'orphan-candidates',
  text: `
SELECT store_id, lease_id, why FROM listed_store
WHERE account_id = $1 AND kind = 'orphan' AND last_run_id = $2 AND sightings >= $3
  AND created_at < clock_timestamp() - $4 * interval '1 ms' AND store_id > $5
ORDER BY store_id LIMIT $6`,
};

/** Orphans that the run and enough runs before it have seen, and that are old enough to be deleted. */
export async function orphanCandidates(
  db: Db,
  run: {
    readonly accountId: number;
    readonly runId: string;
    readonly sightings: number;
    readonly minAgeMs: number;
  },
  page: { readonly after: string; readonly limit: number },
): Promise<readonly OrphanCandidate[]> {
  const { accountId, runId, sightings, minAgeMs } = run;
  const values = [accountId, runId, sightings, minAgeMs, page.after, page.limit];
  const rows = await db.rows<{ store_id: string; lease_id: string; why: string | null }>(STATEMENT, values);
  return rows.map((row) => ({ storeId: row.store_id, leaseId: row.lease_id, why: row.why ?? '' }));
}
