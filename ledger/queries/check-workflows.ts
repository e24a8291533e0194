import type { Db } from '../open.ts';

/** What keeps a lease from being looked after as it should be. */
export type Unattended = 'unseen' | 'overdue' | 'stalled';

const STATEMENT = {
  name: 'check-workflows',
  text: `
SELECT session_id, finding FROM (
  SELECT session_id, CASE
    WHEN seen_version < wanted_version AND changed_at < clock_timestamp() - $1 * interval '1 ms' THEN 'unseen'
    WHEN state = 'active' AND expires_at < clock_timestamp() - $1 * interval '1 ms' THEN 'overdue'
    WHEN state = 'draining' AND coalesce(next_try_at, ended_at) < clock_timestamp() - $1 * interval '1 ms'
      AND wake_at < clock_timestamp() THEN 'stalled' END AS finding
  FROM lease WHERE state <> 'closed'
) AS checked WHERE finding IS NOT NULL LIMIT $2`,
};

/** Leases, at most `limit`, that nobody has looked after for `lateMs` although there was something to do. */
export async function checkWorkflows(
  db: Db,
  lateMs: number,
  limit: number,
): Promise<readonly { readonly sessionId: string; readonly finding: Unattended }[]> {
  const rows = await db.rows<{ session_id: string; finding: Unattended }>(STATEMENT, [lateMs, limit]);
  return rows.map((row) => ({ sessionId: row.session_id, finding: row.finding }));
}
