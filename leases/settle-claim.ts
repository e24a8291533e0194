import { activate } from '../ledger/queries/activate.ts';
import { failClaim } from '../ledger/queries/fail-claim.ts';
import { markUncertain } from '../ledger/queries/mark-uncertain.ts';
import type { ProviderStore } from '../providers/port.ts';
import type { LeaseDeps } from './deps.ts';
import { leaseTimes } from './held.ts';
import { ClaimRanOut, createStore, findStore, type Claim } from './make-store.ts';
import { claimFailure, createVerdict } from './provider-errors.ts';
import { takeBack } from './take-back.ts';

/** The lease that a claim became; `lost` when somebody else took the claim over or ended the lease. */
export type Settled =
  { readonly leaseId: string; readonly vectorStoreId: string; readonly leftMs: number | null } | 'lost';

async function activateWith(deps: LeaseDeps, claim: Claim, store: ProviderStore): Promise<Settled> {
  const { provider, baseUrl } = deps.provider.account;
  const row = await activate(deps.ledger, {
    leaseId: claim.leaseId,
    token: claim.token,
    storeId: store.id,
    leaseMs: leaseTimes(deps.settings).leaseMs,
    provider,
    baseUrl,
  });
  if (row === undefined) return 'lost';
  deps.notifier.changed(claim.sessionId);
  return { leaseId: claim.leaseId, vectorStoreId: store.id, leftMs: row.leftMs };
}

/** A store that this very claim made is taken back where the claim turns out to be lost. */
async function activateNew(deps: LeaseDeps, claim: Claim, store: ProviderStore): Promise<Settled> {
  const settled = await activateWith(deps, claim, store);
  if (settled === 'lost') await takeBack(deps, claim, store);
  return settled;
}

async function adopt(deps: LeaseDeps, claim: Claim, store: ProviderStore): Promise<Settled> {
  const settled = await activateWith(deps, claim, store);
  if (settled !== 'lost') {
    deps.log.warn({
      event: 'store_adopted',
      session_id: claim.sessionId,
      lease_id: claim.leaseId,
      vector_store_id: store.id,
    });
  }
  return settled;
}

/** Records the failure for everybody who waits, then throws it as this caller's answer. */
async function fail(deps: LeaseDeps, claim: Claim, error: unknown): Promise<Settled> {
  if (error instanceof ClaimRanOut) return 'lost';
  const verdict = createVerdict(error);
  deps.log.warn({
    event: 'claim_failed',
    session_id: claim.sessionId,
    lease_id: claim.leaseId,
    code: verdict.errorCode,
    may_have_made: verdict.mayHaveMade,
    error: error instanceof Error ? error.message : 'unknown',
  });
  const ours = await failClaim(deps.ledger, {
    leaseId: claim.leaseId,
    token: claim.token,
    reason: verdict.mayHaveMade ? 'gave_up' : 'refused',
    ...verdict,
  });
  if (!ours) return 'lost';
  deps.notifier.changed(claim.sessionId);
  throw await claimFailure(deps, verdict.errorCode, verdict.retryAfterSeconds);
}

/** The create may have taken effect: that is recorded before its store is looked for. */
async function afterUncertainCreate(
  deps: LeaseDeps,
  claim: Claim,
  failure: { readonly error: unknown; readonly claimedAtMs: number },
): Promise<Settled> {
  if (!(await markUncertain(deps.ledger, claim.leaseId, claim.token))) return 'lost';
  try {
    const store = await findStore(deps, claim, failure.claimedAtMs);
    if (store !== undefined) return await adopt(deps, claim, store);
  } catch (lookupError) {
    createVerdict(lookupError instanceof ClaimRanOut ? failure.error : lookupError);
  }
  return fail(deps, claim, failure.error);
}

/** First create of a fresh claim. Throws the `ServiceError` that the claim failed with. */
export async function settleFreshClaim(deps: LeaseDeps, claim: Claim): Promise<Settled> {
  const claimedAtMs = Date.now();
  let store: ProviderStore;
  try {
    store = await createStore(deps, claim);
  } catch (error) {
    if (error instanceof ClaimRanOut) return 'lost';
    return createVerdict(error).mayHaveMade
      ? afterUncertainCreate(deps, claim, { error, claimedAtMs })
      : fail(deps, claim, error);
  }
  return activateNew(deps, claim, store);
}

/**
 * Gives up a claim of another account. A store made through the present key would be written down as one of the old
 * account, and the next listing would show it and prove both to be the same: then a 404 here would count as a proof
 * for everything there. What the old create made, if anything, is left to the drain.
 */
async function giveUp(deps: LeaseDeps, claim: Claim): Promise<Settled> {
  const { leaseId, token } = claim;
  const why = { reason: 'gave_up', errorCode: 'PROVIDER_UNAVAILABLE', retryAfterSeconds: 1 } as const;
  if (!(await failClaim(deps.ledger, { leaseId, token, ...why, mayHaveMade: true }))) return 'lost';
  deps.log.warn({
    event: 'claim_failed',
    session_id: claim.sessionId,
    lease_id: leaseId,
    code: 'ACCOUNT_CHANGED',
    may_have_made: true,
    error: 'the claim was made with another key',
  });
  deps.notifier.changed(claim.sessionId);
  return 'lost';
}

/** Whoever held a claim before may have created. */
export interface TakenFrom {
  readonly claimedAtMs: number;
  /** The account that the claim was made in. */
  readonly accountId: number;
}

/** A claim taken over from somebody who may have created: adopts what is there, else creates. */
export async function settleTakenClaim(deps: LeaseDeps, claim: Claim, from: TakenFrom): Promise<Settled> {
  try {
    const store = await findStore(deps, claim, from.claimedAtMs);
    if (store !== undefined) {
      const adopted = await adopt(deps, claim, store);
      // Lost although the claim is still ours: its maker has just taken that store back.
      if (adopted !== 'lost' || !(await markUncertain(deps.ledger, claim.leaseId, claim.token)))
        return adopted;
    }
    if (from.accountId !== deps.accountId) return await giveUp(deps, claim);
    return await activateNew(deps, claim, await createStore(deps, claim));
  } catch (error) {
    return fail(deps, claim, error);
  }
}
