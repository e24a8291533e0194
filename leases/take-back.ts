import { isServiceError } from '../domain/errors.ts';
import { holdStore } from '../ledger/queries/hold-store.ts';
import { storeDeleted } from '../ledger/queries/store-deleted.ts';
import type { ProviderStore } from '../providers/port.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { LeaseDeps } from './deps.ts';
import type { Claim } from './make-store.ts';

/**
 * Deletes the store of a claim that was lost while its create was on the way, unless whoever took the claim over
 * adopted it. The tombstone comes first, so that nobody can adopt it any more; where the delete fails or is paused, it
 * stays and the drain of the lease deletes the store.
 */
export async function takeBack(deps: LeaseDeps, claim: Claim, store: ProviderStore): Promise<void> {
  const { provider, baseUrl } = deps.provider.account;
  const { accountId } = deps;
  const key = { provider, baseUrl, storeId: store.id };
  const { leaseId } = claim;
  if (!(await holdStore(deps.ledger, { ...key, accountId, leaseId, state: 'deleting' }))) return;
  const fields = { session_id: claim.sessionId, lease_id: leaseId, vector_store_id: store.id };
  try {
    await deps.provider.deleteStore(store.id, { deadlineMs: deps.settings.providerDeadlineMs });
    await storeDeleted(deps.ledger, key);
    deps.log.warn({ event: 'store_taken_back', ...fields });
  } catch (error) {
    if (!(error instanceof ProviderFailure) && !isServiceError(error, 'DELETIONS_PAUSED')) throw error;
    deps.log.warn({ event: 'store_left_to_drain', ...fields, error: error.message });
  }
}
