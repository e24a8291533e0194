import type { Db } from '../open.ts';
import { ACTIVE } from '../states.ts';

/** A live lease's store that is looked into. */
export interface LiveStore {
  readonly storeId: string;
  readonly leaseId: string;
  readonly sessionId: string;
}

interface Row {
  readonly store_id: string;
  readonly lease_id: string;
  readonly session_id: string;
}

const UNLISTED = {
  name: 'missing-stores',
  text: `
SELECT s.store_id, l.lease_id, l.session_id
FROM store s CROSS JOIN LATERAL (
  SELECT lease_id, session_id FROM lease WHERE lease_id = s.lease_id AND state = $6 OFFSET 0
) AS l
WHERE s.account_id = $1 AND s.state = 'held' AND s.store_id > $2
  AND s.created_at < $3::timestamptz - $4 * interval '1 ms'
  AND NOT EXISTS (SELECT FROM sweep_seen WHERE run_id = $5 AND store_id = s.store_id OFFSET 0)
ORDER BY s.store_id LIMIT $7`,
};
const LOST = {
  name: 'lost-stores',
  text: `
SELECT s.store_id, l.lease_id, l.session_id
FROM store s CROSS JOIN LATERAL (
  SELECT lease_id, session_id FROM lease WHERE lease_id = s.lease_id AND state = $5 OFFSET 0
) AS l
WHERE s.account_id = $1 AND s.missing_runs > 0 AND s.state = 'held' AND s.store_id > $2
  AND s.missing_runs >= $3 AND s.missing_run_id = $4
ORDER BY s.store_id LIMIT $6`,
};

const toStore = (row: Row): LiveStore => ({
  storeId: row.store_id,
  leaseId: row.lease_id,
  sessionId: row.session_id,
});

/** Stores of leases active since `settledMs` before the run began that its listing does not show. */
export async function missingStores(
  db: Db,
  run: {
    readonly runId: string;
    readonly accountId: number;
    readonly startedAt: string;
    readonly settledMs: number;
  },
  page: { readonly after: string; readonly limit: number },
): Promise<readonly LiveStore[]> {
  const { accountId, startedAt, settledMs, runId } = run;
  const rows = await db.rows<Row>(UNLISTED, [
    ...[accountId, page.after, startedAt, settledMs, runId],
    ...[ACTIVE, page.limit],
  ]);
  return rows.map(toStore);
}

/** Stores of live leases that this run and enough runs before it have missed. */
export async function lostStores(
  db: Db,
  run: { readonly runId: string; readonly accountId: number; readonly sightings: number },
  page: { readonly after: string; readonly limit: number },
): Promise<readonly LiveStore[]> {
  const { accountId, sightings, runId } = run;
  const rows = await db.rows<Row>(LOST, [accountId, page.after, sightings, runId, ACTIVE, page.limit]);
  return rows.map(toStore);
}
