import { ServiceError } from '../domain/errors.ts';
import { endLease } from '../ledger/queries/end-lease.ts';
import { lookAtSession } from '../ledger/queries/look-at-session.ts';
import type { ReleaseRequest } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { fenceOf } from './held.ts';

/** A lease that changes state between statement and look is met again on the next round. */
const ROUNDS = 3;

/** Undefined = nothing to do, the session's lease has ended already; else why it cannot be released. */
async function whyNotEnded(
  deps: LeaseDeps,
  request: ReleaseRequest,
  fence: string | null,
): Promise<ServiceError | 'again' | undefined> {
  const glance = await lookAtSession(deps.ledger, request.sessionId);
  if (glance === undefined) return new ServiceError('SESSION_NOT_FOUND');
  const live = glance.state === 'active' || glance.state === 'provisioning';
  if (fence !== null && glance.leaseId !== fence) {
    return new ServiceError(live ? 'LEASE_REPLACED' : 'SESSION_NOT_FOUND');
  }
  if (!live) return undefined;
  return glance.protected && !request.force ? new ServiceError('LEASE_PROTECTED') : 'again';
}

/** Ends the live lease now. Once accepted it ends that lease and no later one; repeating it does no harm. */
export async function release(deps: LeaseDeps, request: ReleaseRequest): Promise<void> {
  const { sessionId, force, requestId } = request;
  const fence = fenceOf(request.leaseId);
  for (let round = 0; round < ROUNDS; round += 1) {
    const ended = await endLease(deps.ledger, { sessionId, leaseId: fence, reason: 'released', force });
    if (ended !== undefined) {
      deps.notifier.changed(sessionId);
      deps.log.info({
        event: 'lease_released',
        session_id: sessionId,
        lease_id: ended.leaseId,
        request_id: requestId,
        forced: force,
      });
      return;
    }
    const why = await whyNotEnded(deps, request, fence);
    if (why === undefined) return;
    if (why !== 'again') throw why;
  }
  throw new ServiceError('LEASE_SETTLING', { retryAfterSeconds: 1 });
}
