import type { Db } from '../open.ts';

const MARK = {
  name: 'mark-missing',
  text: `
UPDATE store SET missing_runs = missing_runs + 1, missing_run_id = $3
WHERE provider = $1 AND base_url = $2 AND store_id = ANY ($4::text[]) AND state = 'held'
  AND missing_run_id IS DISTINCT FROM $3`,
};
const UNMARK = {
  name: 'unmark-missing',
  text: `
UPDATE store SET missing_runs = 0 WHERE account_id = $1 AND missing_runs > 0 AND missing_run_id <> $2`,
};

/** Counts a run that missed these stores; once for each run, however often it is told. */
export async function markMissing(
  db: Db,
  run: { readonly provider: string; readonly baseUrl: string; readonly runId: string },
  storeIds: readonly string[],
): Promise<void> {
  await db.rows(MARK, [run.provider, run.baseUrl, run.runId, storeIds]);
}

/** A store that this run has not missed was not lost: its count begins anew. */
export async function unmarkMissing(db: Db, accountId: number, runId: string): Promise<void> {
  await db.rows(UNMARK, [accountId, runId]);
}
