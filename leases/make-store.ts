import { storeExpiryDays, storeName, storeTags } from '../domain/store-tags.ts';
import type { ProviderStore } from '../providers/port.ts';
import type { LeaseDeps } from './deps.ts';

/** A store that a slow provider dates a little before the claim is still looked at. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

/** A claim as whoever holds its token knows it. */
export interface Claim {
  readonly leaseId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly protect: boolean;
  /** Monotonic milliseconds after which no request may be sent for this claim. */
  readonly sendBefore: number;
}

/** The claim ran out before the request could be sent. */
export class ClaimRanOut extends Error {
  constructor() {
    super('the claim ran out before the create was sent');
    this.name = 'ClaimRanOut';
  }
}

/** How long a claim of ours lasts, in milliseconds: its create's deadline and a margin. */
export function claimMs(deps: LeaseDeps): number {
  return deps.settings.createDeadlineMs + deps.settings.claimMarginMs;
}

/** Sends the one POST of a claim, tagged so that anybody can find the store again. */
export async function createStore(deps: LeaseDeps, claim: Claim): Promise<ProviderStore> {
  const { settings, provider } = deps;
  const leftMs = claim.sendBefore - performance.now();
  if (leftMs <= 0) throw new ClaimRanOut();
  return provider.createStore(
    {
      name: storeName(claim.sessionId),
      metadata: storeTags(settings.instanceId, claim.leaseId, claim.sessionId),
      expiresAfterDays: claim.protect
        ? null
        : storeExpiryDays(settings.storeExpiresAfterDays, settings.leaseSeconds),
    },
    { deadlineMs: Math.min(settings.createDeadlineMs, leftMs) },
  );
}

/** The store that an earlier, uncertain create of this lease made; the oldest, should there be several. */
export async function findStore(
  deps: LeaseDeps,
  claim: Claim,
  claimedAtMs: number,
): Promise<ProviderStore | undefined> {
  const leftMs = claim.sendBefore - performance.now();
  if (leftMs <= 0) throw new ClaimRanOut();
  const stores = await deps.provider.findStoresByLease(
    {
      instanceId: deps.settings.instanceId,
      leaseId: claim.leaseId,
      createdSinceMs: claimedAtMs - CLOCK_DIFFERENCE_MS,
    },
    { deadlineMs: Math.min(deps.settings.listingDeadlineMs, leftMs) },
  );
  return [...stores]
    .filter((store) => store.status !== 'expired')
    .sort((a, b) => a.createdAtMs - b.createdAtMs)[0];
}
