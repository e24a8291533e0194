import { holdStore } from '../ledger/queries/hold-store.ts';
import { listingDone } from '../ledger/queries/listing-done.ts';
import type { DrainState } from '../ledger/queries/drain-state.ts';
import { storesOfLease } from '../ledger/queries/stores-of-lease.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { failed, speaksFor, type Verdict } from '../deletion/proof.ts';

/** Empty full listings, a gap apart, after which an uncertain create is taken to have made nothing more. */
export const LISTINGS_NEEDED = 3;

/** What a full listing showed of the lease's own stores; `denied` were deleted or 404 before. */
interface Found {
  readonly any: boolean;
  readonly denied: readonly string[];
}

/** Tombstones what the listing shows for this lease; what other leases hold is theirs. */
async function tombstone(deps: LeaseDeps, state: DrainState, signal: AbortSignal): Promise<Found> {
  const { provider, baseUrl } = deps.provider.account;
  const listed = await deps.provider.findStoresByLease(
    { instanceId: deps.settings.instanceId, leaseId: state.leaseId, createdSinceMs: null },
    { deadlineMs: deps.settings.listingDeadlineMs, signal },
  );
  const key = { provider, baseUrl, accountId: deps.accountId, leaseId: state.leaseId };
  for (const store of listed) {
    await holdStore(deps.ledger, { ...key, storeId: store.id, state: 'deleting' });
  }
  const ids = listed.map((store) => store.id);
  const ours = await storesOfLease(deps.ledger, state.leaseId, ids);
  return { any: ours.length > 0, denied: ours.filter((one) => one.denied).map((one) => one.storeId) };
}

/** A provider that says "deleted" and does not delete must end on the list of stuck leases, not in a hot loop. */
function stillListed(storeIds: readonly string[]): Verdict {
  return {
    kind: 'failed',
    reason: 'still_listed',
    message: `the provider still lists ${storeIds.join(', ')} after it said that it is gone`,
    retryAfterMs: undefined,
    stuckNow: false,
  };
}

const waitForListing = (waitMs: number): Verdict => ({
  kind: 'wait',
  waitMs,
  waitsFor: 'the next full listing',
  firstNotFound: false,
});

/**
 * A full listing for a lease whose create may have taken effect unseen. Undefined once enough empty listings
 * lie far enough apart; else what to wait for.
 */
export async function lookForStores(
  deps: LeaseDeps,
  state: DrainState,
  context: PassContext,
): Promise<Verdict | undefined> {
  const { listingGapMs: gapMs } = deps.settings;
  if (!state.uncertain || state.emptyListings >= LISTINGS_NEEDED) return undefined;
  const sinceLast = state.listingAgeMs;
  if (state.emptyListings > 0 && sinceLast !== null && sinceLast < gapMs) {
    return waitForListing(gapMs - sinceLast);
  }
  try {
    if (!(await speaksFor(deps, state.accountId, context.signal))) {
      throw new ProviderFailure('ACCOUNT_CHANGED: the key changed, and a listing proves nothing', {
        kind: 'unauthorized',
      });
    }
    const found = await tombstone(deps, state, context.signal);
    context.heartbeat();
    await listingDone(deps.ledger, state.leaseId, { empty: !found.any, gapMs });
    if (found.denied.length > 0) return stillListed(found.denied);
    const last = !found.any && state.emptyListings + 1 >= LISTINGS_NEEDED;
    // After a find as well: an empty listing counts only a gap after the last one.
    return last ? undefined : waitForListing(gapMs);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return failed(error);
  }
}
