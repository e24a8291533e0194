import { storeExpiryDays } from '../../domain/store-tags.ts';
import type { ExpiringStore } from '../../ledger/queries/expiring-stores.ts';
import { ProviderFailure } from '../../providers/failure.ts';
import type { LeaseDeps } from '../deps.ts';

export type ExpiryOutcome = 'pushed' | 'cleared' | 'failed';

/** By how much an expiry must have moved to count as moved: providers tell whole seconds. */
const MOVED_MS = 60_000;

/**
 * Sets the provider's expiry of a live lease's store anew and reads it back. Where it does not move, because the
 * provider counts from the last use and not from this, it is cleared: the lease's end deletes the store anyway. A
 * protected lease has none.
 */
export async function keepFromExpiring(
  deps: LeaseDeps,
  store: ExpiringStore,
  signal: AbortSignal,
): Promise<ExpiryOutcome> {
  const { provider, settings } = deps;
  const options = { deadlineMs: settings.providerDeadlineMs, signal };
  const { storeId, sessionId, leaseId } = store;
  const fields = { session_id: sessionId, lease_id: leaseId, vector_store_id: storeId };
  try {
    if (!store.protected) {
      const days = storeExpiryDays(settings.storeExpiresAfterDays, settings.leaseSeconds);
      await provider.setStoreExpiry(storeId, days, options);
      const { expiresAtMs } = await provider.retrieveStore(storeId, options);
      if (expiresAtMs === null || expiresAtMs > (store.expiresAtMs ?? 0) + MOVED_MS) {
        deps.log.info({ event: 'store_expiry_pushed', ...fields });
        return 'pushed';
      }
    }
    await provider.setStoreExpiry(storeId, null, options);
    deps.log.warn({ event: 'store_expiry_cleared', ...fields, protected: store.protected });
    return 'cleared';
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    deps.log.warn({ event: 'store_expiry_refused', ...fields, error: error.message });
    return 'failed';
  }
}
