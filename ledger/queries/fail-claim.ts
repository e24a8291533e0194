import type { ErrorCode } from '../../domain/errors.ts';
import type { EndReason } from '../../domain/lease.ts';
import type { Db } from '../open.ts';

export interface FailClaimInput {
  readonly leaseId: string;
  readonly token: string;
  readonly reason: Extract<EndReason, 'refused' | 'gave_up'>;
  /** What everybody who waits for this claim is answered. */
  readonly errorCode: ErrorCode;
  readonly retryAfterSeconds: number | null;
  /** False only after a definite refusal of the first and only create. */
  readonly mayHaveMade: boolean;
}

/** Where a store may exist the lease drains; where certainly none was made there is nothing to drain. */
const STATEMENT = {
  name: 'fail-claim',
  text: `
UPDATE lease SET
  state = CASE WHEN uncertain OR $6 THEN 'draining' ELSE 'closed' END,
  uncertain = uncertain OR $6,
  end_reason = $3, claim_error = $4, claim_retry_after_seconds = $5,
  ended_at = clock_timestamp(),
  closed_at = CASE WHEN uncertain OR $6 THEN NULL ELSE clock_timestamp() END,
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'
WHERE lease_id = $1 AND claim_token = $2 AND state = 'provisioning'
RETURNING lease_id`,
};

/** Ends a claim that failed; false when it was no longer ours. */
export async function failClaim(db: Db, input: FailClaimInput): Promise<boolean> {
  const rows = await db.rows(STATEMENT, [
    input.leaseId,
    input.token,
    input.reason,
    input.errorCode,
    input.retryAfterSeconds,
    input.mayHaveMade,
  ]);
  return rows.length === 1;
}
