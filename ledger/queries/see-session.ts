import type { Db } from '../open.ts';
import { lookAgainAt } from '../outage.ts';
import { LEASE_COLUMNS, toLease, type LeaseRow } from '../row.ts';
import type { Lease } from '../../domain/lease.ts';

export interface SeenLease extends Lease {
  readonly claimLeftMs: number | null;
  /** Milliseconds until an active lease is due; later than its deadline where an outage puts it off. */
  readonly dueInMs: number | null;
  readonly expiryOutOfDate: boolean;
  readonly hasFiles: boolean;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly nextTryAtMs: number | null;
  readonly waitMs: number;
}

interface Row extends LeaseRow {
  readonly claim_left_ms: number | null;
  readonly due_in_ms: number | null;
  readonly expiry_out_of_date: boolean;
  readonly has_files: boolean;
  readonly wait_ms: number;
}

const LOOK_AGAIN_AT = lookAgainAt({ deadline: 'lease.expires_at', grace: '$2' });

/**
 * Records that the workflow has seen the session's leases as they are now, and when the outbox should become
 * uneasy: 30 s after the workflow's next look at a deadline, 70 minutes without a look (a workflow wakes at least
 * hourly), the end of a claim, 60 s without progress of a drain.
 */
const STATEMENT = {
  name: 'see-session',
  text: `
UPDATE lease SET seen_version = wanted_version, reconciled_at = clock_timestamp(),
  wake_at = CASE state
    WHEN 'provisioning' THEN greatest(claim_until, clock_timestamp() + interval '5 s')
    WHEN 'draining' THEN greatest(clock_timestamp() + interval '60 s', next_try_at + interval '30 s')
    ELSE least(clock_timestamp() + interval '70 min', ${LOOK_AGAIN_AT} + interval '30 s') END
WHERE (session_id = $1 AND state IN ('provisioning', 'active')) OR (session_id = $1 AND state = 'draining')
RETURNING ${LEASE_COLUMNS},
  CASE WHEN state = 'provisioning'
    THEN (extract(epoch FROM claim_until - clock_timestamp()) * 1000)::float8 END AS claim_left_ms,
  CASE WHEN state = 'active' AND NOT protected
    THEN (extract(epoch FROM ${LOOK_AGAIN_AT} - clock_timestamp()) * 1000)::float8 END AS due_in_ms,
  state = 'active' AND protected <> expiry_protected AS expiry_out_of_date,
  EXISTS (SELECT FROM lease_entry e JOIN file f USING (file_key)
    WHERE e.lease_id = lease.lease_id AND f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL) AS has_files,
  greatest(0, coalesce((extract(epoch FROM next_try_at - clock_timestamp()) * 1000)::float8, 0)) AS wait_ms`,
};

/** The session's leases that are not closed, marked as seen by its workflow; `graceMs` as in `expire-due`. */
export async function seeSession(db: Db, sessionId: string, graceMs: number): Promise<readonly SeenLease[]> {
  const rows = await db.rows<Row>(STATEMENT, [sessionId, graceMs]);
  return rows.map((row) => ({
    ...toLease(row),
    claimLeftMs: row.claim_left_ms,
    dueInMs: row.due_in_ms,
    expiryOutOfDate: row.expiry_out_of_date,
    hasFiles: row.has_files,
    attempts: row.attempts,
    lastError: row.last_error,
    nextTryAtMs: row.next_try_at_ms,
    waitMs: row.wait_ms,
  }));
}
