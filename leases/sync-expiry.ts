import { ServiceError } from '../domain/errors.ts';
import { storeExpiryDays } from '../domain/store-tags.ts';
import { drainState } from '../ledger/queries/drain-state.ts';
import { expirySynced } from '../ledger/queries/expiry-synced.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';

/**
 * Clears the provider's own expiry for a protected lease and sets it again for one that is not. A refusal is
 * final for this wish: it is logged and not repeated.
 *
 * @throws ServiceError `PROVIDER_UNAVAILABLE` for what may pass.
 */
export async function syncStoreExpiry(deps: LeaseDeps, leaseId: string, context: PassContext): Promise<void> {
  const { settings } = deps;
  const lease = await drainState(deps.ledger, leaseId);
  if (lease?.state !== 'active' || lease.vectorStoreId === null) return;
  const days = lease.protected
    ? null
    : storeExpiryDays(settings.storeExpiresAfterDays, settings.leaseSeconds);
  try {
    const options = { deadlineMs: settings.providerDeadlineMs, signal: context.signal };
    await deps.provider.setStoreExpiry(lease.vectorStoreId, days, options);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind !== 'gone' && error.kind !== 'refused') {
      throw new ServiceError('PROVIDER_UNAVAILABLE', { cause: error });
    }
    deps.log.warn({
      event: 'store_expiry_refused',
      session_id: lease.sessionId,
      lease_id: leaseId,
      error: error.message,
    });
  }
  await expirySynced(deps.ledger, leaseId, lease.protected);
}
