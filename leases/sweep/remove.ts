import { randomUUID } from 'node:crypto';
import { isServiceError, ServiceError } from '../../domain/errors.ts';
import type { Ledger } from '../../ledger/index.ts';
import { holdStore } from '../../ledger/queries/hold-store.ts';
import {
  openLeases,
  removeLease,
  type NewestListing,
  type OpenLease,
} from '../../ledger/queries/operator-leases.ts';
import { deletionsPaused } from '../../deletion/deletions.ts';

export type { OpenLease } from '../../ledger/queries/operator-leases.ts';

/**
 * Has a store deleted that is none of ours, because an operator chose it: a lease is made for it that only drains.
 * So it is deleted with proof, within the limits, tried until it is gone, and listed while it is not. Resolves with
 * the lease; `undefined` where a lease holds the store, or it is being deleted already.
 *
 * @throws ServiceError `DELETIONS_PAUSED`: nothing would become of it.
 */
export async function removeStore(
  ledger: Ledger,
  { accountId, provider, baseUrl }: NewestListing,
  storeId: string,
): Promise<string | undefined> {
  if ((await deletionsPaused(ledger)) !== undefined) throw new ServiceError('DELETIONS_PAUSED');
  const leaseId = randomUUID();
  try {
    await ledger.transaction(async (db) => {
      await removeLease(db, { leaseId, sessionId: `removed-${leaseId}`, accountId, storeId });
      const hold = { provider, baseUrl, storeId, accountId, leaseId, state: 'held' as const };
      if (!(await holdStore(db, hold))) throw new ServiceError('STORE_LEASED');
    });
  } catch (error) {
    if (isServiceError(error, 'STORE_LEASED')) return undefined;
    throw error;
  }
  return leaseId;
}

/** Those of the leases whose store is not proven gone. */
export async function notGone(ledger: Ledger, leaseIds: readonly string[]): Promise<readonly OpenLease[]> {
  return openLeases(ledger, leaseIds);
}
