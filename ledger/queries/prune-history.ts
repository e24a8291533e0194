import type { Db } from '../open.ts';
import { CLOSED } from '../states.ts';

/** Entries deleted by one transaction, of several leases together: a fraction of the ledger's time limit. */
const MAX_ENTRIES = 20_000;

/** Stores proven deleted go with their lease; one that is not keeps the lease, as does a file that was given up. */
const STATEMENT = {
  name: 'prune-history',
  text: `
WITH candidate AS MATERIALIZED (
  SELECT lease_id, sum(entry_count) OVER (ORDER BY closed_at, lease_id) - entry_count AS entries_before FROM lease l
  WHERE state = 'closed' AND closed_at < now() - $1 * interval '1 day'
    AND NOT EXISTS (SELECT FROM store s WHERE s.lease_id = l.lease_id AND s.state <> 'deleted')
    AND (forced_by IS NULL OR NOT EXISTS (SELECT FROM lease_entry e JOIN file f USING (file_key)
      WHERE e.lease_id = l.lease_id AND f.abandoned_at IS NOT NULL AND f.provider_deleted_at IS NULL))
    AND NOT EXISTS (SELECT FROM listed_store t WHERE t.lease_id = l.lease_id OFFSET 0)
  ORDER BY closed_at, lease_id LIMIT $2
), old AS MATERIALIZED (
  SELECT lease_id FROM lease
  WHERE lease_id IN (SELECT lease_id FROM candidate WHERE entries_before <= $3) AND state = 'closed'
  FOR UPDATE SKIP LOCKED
), stores AS (
  DELETE FROM store USING old WHERE store.lease_id = old.lease_id
)
SELECT lease_id FROM old`,
};
const LEASES = {
  name: 'prune-leases',
  text: `DELETE FROM lease WHERE lease_id = ANY ($1::uuid[]) AND state = $2`,
};
const FILES = {
  name: 'prune-files',
  text: `
DELETE FROM file WHERE provider_deleted_at < clock_timestamp() - $1 * interval '1 day'
  AND NOT EXISTS (SELECT FROM lease_entry e WHERE e.file_key = file.file_key)
  AND NOT EXISTS (SELECT FROM provider_file_uploads u WHERE u.file_key = file.file_key)`,
};

/** Forgets at most `limit` leases closed for longer than `days`; returns how many. Needs a transaction. */
export async function pruneHistory(db: Db, days: number, limit: number): Promise<number> {
  const rows = await db.rows<{ lease_id: string }>(STATEMENT, [days, limit, MAX_ENTRIES]);
  await db.rows(LEASES, [rows.map((row) => row.lease_id), CLOSED]);
  await db.rows(FILES, [days]);
  return rows.length;
}
