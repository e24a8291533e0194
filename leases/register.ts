import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../domain/errors.ts';
import { holdStore } from '../ledger/queries/hold-store.ts';
import { lookAtSession } from '../ledger/queries/look-at-session.ts';
import { reacquire } from '../ledger/queries/reacquire.ts';
import { registerLease } from '../ledger/queries/register-lease.ts';
import type { Registered, RegisterRequest } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { leaseTimes } from './held.ts';

const POLL_MS = 100;

/** Lease and hold in one transaction: a store that somebody holds leaves no lease behind. */
async function insert(deps: LeaseDeps, request: RegisterRequest): Promise<boolean> {
  const { sessionId, vectorStoreId: storeId, protect } = request;
  const { accountId } = deps;
  const leaseId = randomUUID();
  return deps.ledger.transaction(async (db) => {
    const { leaseMs } = leaseTimes(deps.settings);
    if (!(await registerLease(db, { leaseId, sessionId, accountId, storeId, protect, leaseMs })))
      return false;
    const { provider, baseUrl } = deps.provider.account;
    const held = await holdStore(db, { provider, baseUrl, storeId, accountId, leaseId, state: 'held' });
    if (!held) throw new ServiceError('STORE_LEASED');
    return true;
  });
}

/** Puts an existing store under lease, unless the session has a live one; makes no provider call. */
export async function register(deps: LeaseDeps, request: RegisterRequest): Promise<Registered> {
  // Nobody could delete it.
  if (!deps.provider.offersStores) throw new ServiceError('PROVIDER_HAS_NO_STORES');
  const { sessionId } = request;
  const deadline = performance.now() + deps.settings.acquireTimeoutMs;
  while (performance.now() < deadline) {
    const live = await reacquire(deps.ledger, { sessionId, ...leaseTimes(deps.settings) });
    if (live !== undefined) return { status: 'already_registered', existingStoreId: live.vectorStoreId };
    if (await insert(deps, request)) {
      deps.notifier.changed(sessionId);
      deps.log.info({
        event: 'lease_acquired',
        session_id: sessionId,
        vector_store_id: request.vectorStoreId,
        registered: true,
        request_id: request.requestId,
      });
      return { status: 'registered' };
    }
    if ((await lookAtSession(deps.ledger, sessionId))?.state === 'provisioning') await delay(POLL_MS);
  }
  throw new ServiceError('ACQUIRE_TIMEOUT', { retryAfterSeconds: 1 });
}
