import type { Db } from '../open.ts';

interface Run {
  readonly accountId: number;
  readonly runId: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly startedAt: string;
  /** A listing may lag behind a deletion by so much. */
  readonly lagMs: number;
}

const WHICH = `
store.provider = $1 AND store.base_url = $2 AND store.state = $3
  AND store.deleted_at < $4::timestamptz - $5 * interval '1 ms'
  AND store.store_id = ANY (ARRAY(
    SELECT store_id FROM listed_store WHERE account_id = $6 AND kind = 'deleted' AND last_run_id = $7))`;
const FIND = {
  name: 'still-listed',
  text: `SELECT store_id, lease_id FROM store WHERE ${WHICH}`,
};
const AGAIN = {
  name: 'delete-again',
  text: `
UPDATE store SET state = 'deleting', deleted_at = NULL, not_found_at = NULL, last_error = NULL, delete_reason = $8
WHERE ${WHICH} RETURNING store_id, lease_id`,
};

export interface AgainStore {
  readonly storeId: string;
  readonly leaseId: string;
}

const valuesOf = (run: Run): unknown[] => [
  ...[run.provider, run.baseUrl, 'deleted', run.startedAt, run.lagMs],
  ...[run.accountId, run.runId],
];
const toStores = (rows: readonly { store_id: string; lease_id: string }[]): readonly AgainStore[] =>
  rows.map((row) => ({ storeId: row.store_id, leaseId: row.lease_id }));

/** Stores that were proven deleted well before the run began, and that it lists all the same. */
export async function stillListed(db: Db, run: Run): Promise<readonly AgainStore[]> {
  return toStores(await db.rows(FIND, valuesOf(run)));
}

/** Takes the proof of those back: they are to be deleted once more. */
export async function deleteAgain(db: Db, run: Run, reason: string): Promise<readonly AgainStore[]> {
  return toStores(await db.rows(AGAIN, [...valuesOf(run), reason]));
}
