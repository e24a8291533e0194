import type { Db } from '../open.ts';
import { dueAt } from '../outage.ts';
import { ACTIVE } from '../states.ts';

export interface ExpiredLease {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly vectorStoreId: string | null;
  /** Milliseconds between when it was due (its deadline, or the end of an outage's grace) and this flip. */
  readonly lateMs: number;
}

interface Row {
  readonly lease_id: string;
  readonly session_id: string;
  readonly vector_store_id: string | null;
  readonly late_ms: number;
}

/**
 * Deadline and grace are checked again on the locked row itself: a renewal that was faster has moved the deadline,
 * and a condition on any other copy of the row would not see that. An api may fall silent between the check and the
 * writing: then too it was due by now.
 */
const due = (grace: string) => dueAt({ deadline: 'lease.expires_at', grace });
const update = (grace: string) => `
UPDATE lease SET state = 'draining', end_reason = 'expired', ended_at = clock_timestamp(),
  due_at = least(${due(grace)}, clock_timestamp()),
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'`;
const isDue = (grace: string) =>
  `NOT protected AND expires_at <= clock_timestamp() AND ${due(grace)} <= clock_timestamp()`;
const RETURNING = `
RETURNING lease_id, session_id, vector_store_id,
  (extract(epoch FROM clock_timestamp() - due_at) * 1000)::float8 AS late_ms`;

const ONE_SESSION = {
  name: 'expire-due-session',
  text: `${update('$2')}
WHERE session_id = $1 AND state = 'active' AND ${isDue('$2')}
${RETURNING}`,
};

/** Locked in one order, so that two of these cannot wait for each other in a ring. */
const ALL_SESSIONS = {
  name: 'expire-due-all',
  text: `${update('$3')}
WHERE lease_id IN (SELECT lease_id FROM lease
    WHERE state = 'active' AND ${isDue('$3')} ORDER BY lease_id LIMIT $1 FOR UPDATE)
  AND state = $2 AND ${isDue('$3')}
${RETURNING}`,
};

function toExpired(row: Row): ExpiredLease {
  return {
    leaseId: row.lease_id,
    sessionId: row.session_id,
    vectorStoreId: row.vector_store_id,
    lateMs: row.late_ms,
  };
}

/**
 * Flips the session's lease to draining if its deadline has passed and its clients could renew it: `graceMs` is how
 * long it is spared after an outage, 0 = not at all.
 */
export async function expireDueOfSession(
  db: Db,
  sessionId: string,
  graceMs: number,
): Promise<ExpiredLease | undefined> {
  const [row] = await db.rows<Row>(ONE_SESSION, [sessionId, graceMs]);
  return row && toExpired(row);
}

/** Flips at most `limit` due leases, whatever session; `graceMs` as above. */
export async function expireDue(db: Db, limit: number, graceMs: number): Promise<readonly ExpiredLease[]> {
  const rows = await db.rows<Row>(ALL_SESSIONS, [limit, ACTIVE, graceMs]);
  return rows.map(toExpired);
}
