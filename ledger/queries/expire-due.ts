import type { Db } from '../open.ts';
import { ACTIVE } from '../states.ts';

export interface ExpiredLease {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly vectorStoreId: string | null;
  /** Milliseconds between the deadline and this flip. */
  readonly lateMs: number;
}

interface Row {
  readonly lease_id: string;
  readonly session_id: string;
  readonly vector_store_id: string | null;
  readonly late_ms: number;
}

/**
 * The deadline is checked again on the locked row itself: a renewal that was faster has moved it, and a
 * condition on any other copy of the row would not see that.
 */
const UPDATE = `
UPDATE lease SET state = 'draining', end_reason = 'expired', ended_at = clock_timestamp(),
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'`;
const RETURNING = `
RETURNING lease_id, session_id, vector_store_id,
  (extract(epoch FROM clock_timestamp() - expires_at) * 1000)::float8 AS late_ms`;

const ONE_SESSION = {
  name: 'expire-due-session',
  text: `${UPDATE}
WHERE session_id = $1 AND state = 'active' AND NOT protected AND expires_at <= clock_timestamp()
${RETURNING}`,
};

/** Locked in one order, so that two of these cannot wait for each other in a ring. */
const ALL_SESSIONS = {
  name: 'expire-due-all',
  text: `${UPDATE}
WHERE lease_id IN (SELECT lease_id FROM lease
    WHERE state = 'active' AND NOT protected AND expires_at <= clock_timestamp() ORDER BY lease_id LIMIT $1 FOR UPDATE)
  AND state = $2 AND NOT protected AND expires_at <= clock_timestamp()
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

/** Flips the session's lease to draining if its deadline has passed. */
export async function expireDueOfSession(db: Db, sessionId: string): Promise<ExpiredLease | undefined> {
  const [row] = await db.rows<Row>(ONE_SESSION, [sessionId]);
  return row && toExpired(row);
}

/** Flips at most `limit` due leases, whatever session. */
export async function expireDue(db: Db, limit: number): Promise<readonly ExpiredLease[]> {
  const rows = await db.rows<Row>(ALL_SESSIONS, [limit, ACTIVE]);
  return rows.map(toExpired);
}
