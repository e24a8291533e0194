import type { Db } from '../open.ts';
import { dueAt } from '../outage.ts';

/** What keeps a lease from being looked after as it should be. */
export type Unattended = 'unseen' | 'overdue' | 'stalled';

/** What an outage puts off is not due: thousands of such leases would hide those that nobody looks after. */
const DUE_AT = dueAt({ deadline: 'lease.expires_at', grace: '$3' });
const STATEMENT = {
  name: 'check-workflows',
  text: `
SELECT session_id, finding FROM (
  SELECT session_id, CASE
    WHEN seen_version < wanted_version AND changed_at < clock_timestamp() - $1 * interval '1 ms' THEN 'unseen'
    WHEN state = 'active' AND expires_at < clock_timestamp() - $1 * interval '1 ms'
      AND ${DUE_AT} < clock_timestamp() - $1 * interval '1 ms' THEN 'overdue'
    WHEN state = 'draining' AND coalesce(next_try_at, ended_at) < clock_timestamp() - $1 * interval '1 ms'
      AND wake_at < clock_timestamp() THEN 'stalled' END AS finding
  FROM lease WHERE state <> 'closed'
) AS checked WHERE finding IS NOT NULL LIMIT $2`,
};

/**
 * Leases, at most `limit`, that nobody has looked after for `lateMs` although there was something to do; `graceMs` as
 * in `expire-due`.
 */
export async function checkWorkflows(
  db: Db,
  { lateMs, graceMs }: { readonly lateMs: number; readonly graceMs: number },
  limit: number,
): Promise<readonly { readonly sessionId: string; readonly finding: Unattended }[]> {
  const rows = await db.rows<{ session_id: string; finding: Unattended }>(STATEMENT, [
    lateMs,
    limit,
    graceMs,
  ]);
  return rows.map((row) => ({ sessionId: row.session_id, finding: row.finding }));
}
