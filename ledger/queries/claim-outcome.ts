import type { ErrorCode } from '../../domain/errors.ts';
import type { LeaseState } from '../../domain/lease.ts';
import type { Db } from '../open.ts';

export interface ClaimOutcome {
  readonly state: LeaseState;
  readonly claimError: ErrorCode | null;
  readonly retryAfterSeconds: number | null;
  readonly claimLeftMs: number | null;
}

interface Row {
  readonly state: LeaseState;
  readonly claim_error: ErrorCode | null;
  readonly claim_retry_after_seconds: number | null;
  readonly claim_left_ms: number | null;
}

const STATEMENT = {
  name: 'claim-outcome',
  text: `
SELECT state, claim_error, claim_retry_after_seconds,
  (extract(epoch FROM claim_until - clock_timestamp()) * 1000)::float8 AS claim_left_ms
FROM lease WHERE lease_id = $1`,
};

/** How the claim of a lease that others wait for stands. */
export async function claimOutcome(db: Db, leaseId: string): Promise<ClaimOutcome | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [leaseId]);
  if (row === undefined) return undefined;
  return {
    state: row.state,
    claimError: row.claim_error,
    retryAfterSeconds: row.claim_retry_after_seconds,
    claimLeftMs: row.claim_left_ms,
  };
}
