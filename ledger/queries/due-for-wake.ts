import type { Db } from '../open.ts';

/** `now()`, because only a stable time can be looked for in an index. One range scan of one partial index; `SKIP LOCKED` lets every worker poll at once. */
const STATEMENT = {
  name: 'due-for-wake',
  text: `
WITH due AS MATERIALIZED (
  SELECT lease_id FROM lease WHERE state <> 'closed' AND wake_at <= now()
  ORDER BY wake_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE lease SET wake_at = clock_timestamp() + interval '60 s'
FROM due WHERE lease.lease_id = due.lease_id
RETURNING session_id`,
};

/** Sessions whose workflow has to be told to look; each row comes at most once a minute. */
export async function dueForWake(db: Db, limit: number): Promise<readonly string[]> {
  const rows = await db.rows<{ session_id: string }>(STATEMENT, [limit]);
  return [...new Set(rows.map((row) => row.session_id))];
}
