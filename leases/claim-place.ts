import { freePlaces } from '../domain/capacity.ts';
import type { ServiceError } from '../domain/errors.ts';
import { claimAtGate } from '../ledger/queries/claim-at-gate.ts';
import { claimPlaces, type PlacesClaimed } from '../ledger/queries/claim-places.ts';
import { claim as claimStatement, type ClaimInput } from '../ledger/queries/claim.ts';
import { storeUsage, type StoreUsage } from '../ledger/queries/store-usage.ts';
import { together } from '../ledger/together.ts';
import { capacityRule, fullByLimit } from './capacity.ts';
import type { LeaseDeps } from './deps.ts';

/** `lost`: the session has, or just had, a live lease, or the places have changed; look again. */
export type Claimed = 'claimed' | 'lost' | ServiceError;

/** Records a claim if the account has a place for its store; the error where it has none. */
export type ClaimPlace = (claim: ClaimInput) => Promise<Claimed>;

/** Many callers of a full account ask at the same time: one count answers all who asked before it began. */
function createUsage({ ledger, accountId }: LeaseDeps): () => Promise<StoreUsage> {
  const count = together<undefined, StoreUsage>({
    alone: () => storeUsage(ledger, accountId),
    many: async (calls) => {
      const usage = await storeUsage(ledger, accountId);
      return calls.map(() => usage);
    },
  });
  return () => count(undefined);
}

/** One count gives out the places that are left: claims that waited for it do not each hold up the next. */
function createPlaces({ ledger, accountId, ...deps }: LeaseDeps, rule: ReturnType<typeof capacityRule>) {
  const claimAll = async (claims: readonly ClaimInput[]): Promise<PlacesClaimed> => {
    const claimMs = claims[0]?.claimMs ?? deps.settings.createDeadlineMs;
    return ledger.transaction(async (db) => claimPlaces(db, { accountId, rule, claimMs, claims }));
  };
  return together<ClaimInput, PlacesClaimed>({
    alone: (claim) => claimAll([claim]),
    many: async (claims) => {
      const claimed = await claimAll(claims);
      return claims.map(() => claimed);
    },
  });
}

/** Far from full a claim is one statement; only where the gate is shut are the stores counted, under a lock. */
export function createClaimPlace(deps: LeaseDeps): ClaimPlace {
  const rule = capacityRule(deps);
  const usageNow = createUsage(deps);
  const placed = createPlaces(deps, rule);
  const fullOrLost = async (): Promise<Claimed> => {
    const usage = await usageNow();
    return freePlaces(usage, rule) === 0 ? fullByLimit(usage, rule) : 'lost';
  };
  return async (claim) => {
    if (rule.storeLimit === 0) return (await claimStatement(deps.ledger, claim)) ? 'claimed' : 'lost';
    const atGate = await claimAtGate(deps.ledger, claim, rule);
    if (atGate !== 'shut') return atGate === 'claimed' ? 'claimed' : 'lost';
    // A look that takes no lock refuses those who come to a full account.
    const seen = await fullOrLost();
    if (seen !== 'lost') return seen;
    const { leaseIds, full } = await placed(claim);
    if (leaseIds.includes(claim.leaseId)) return 'claimed';
    return full ? fullOrLost() : 'lost';
  };
}
