import { ServiceError } from '../domain/errors.ts';
import type { Db } from '../ledger/index.ts';
import { lookAtSession } from '../ledger/queries/look-at-session.ts';

/** Retry-After of an answer that only has to wait for a create that is under way. */
const SETTLING_RETRY_SECONDS = 1;

/**
 * Why a statement guarded on "the active lease" found none. Reads after the fact, so a lease that became
 * active in between is answered as still settling: the caller's retry succeeds. Inside a transaction `db` is
 * its connection: one that asked the pool for a second while holding the first could wait for itself.
 */
export async function whyNotLive(db: Db, sessionId: string, fence: string | null): Promise<ServiceError> {
  const glance = await lookAtSession(db, sessionId);
  if (glance === undefined || glance.state === 'draining' || glance.state === 'closed') {
    return new ServiceError('SESSION_NOT_FOUND');
  }
  if (fence !== null && glance.leaseId !== fence) return new ServiceError('LEASE_REPLACED');
  return new ServiceError('LEASE_SETTLING', { retryAfterSeconds: SETTLING_RETRY_SECONDS });
}
