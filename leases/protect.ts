import { ServiceError } from '../domain/errors.ts';
import { setProtected as setProtectedStatement } from '../ledger/queries/set-protected.ts';
import type { LeaseDetail } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { leaseTimes } from './held.ts';
import { whyNotLive } from './not-live.ts';
import { getLease } from './read.ts';

/** Protects or unprotects the active lease; its workflow then brings the provider's own expiry in line. */
export async function protectLive(
  deps: LeaseDeps,
  sessionId: string,
  wish: { readonly protect: boolean; readonly leaseId: string | null },
): Promise<void> {
  const { leaseMs } = leaseTimes(deps.settings);
  const row = await setProtectedStatement(deps.ledger, { sessionId, leaseMs, ...wish });
  if (row === undefined) throw await whyNotLive(deps.ledger, sessionId, wish.leaseId);
  if (row.changed) deps.notifier.changed(sessionId);
}

/** As {@link protectLive}, answering with the lease. */
export async function setProtected(
  deps: LeaseDeps,
  sessionId: string,
  protect: boolean,
): Promise<LeaseDetail> {
  await protectLive(deps, sessionId, { protect, leaseId: null });
  const lease = await getLease(deps, sessionId);
  if (lease.state !== 'active') throw new ServiceError('SESSION_NOT_FOUND');
  return lease;
}
