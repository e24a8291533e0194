import { isServiceError } from '../domain/errors.ts';
import { hasAccountProof, recordAccountProof } from '../ledger/queries/account-proof.ts';
import { storesOfAccount } from '../ledger/queries/stores-of-account.ts';
import { hasUploads, uploadedUnder } from '../ledger/queries/upkeep-account-files.ts';
import { ProviderFailure } from '../providers/failure.ts';
import { isAbsent, isThere, type Thing } from './absence.ts';
import type { ProofDeps } from './deps.ts';
import { HeldBack } from './limits/index.ts';

/** A thing at the provider that has to be proven gone. */
export interface Target {
  readonly accountId: number;
  readonly ageMs: number;
  /** Milliseconds since the first 404; null if there was none. */
  readonly notFoundForMs: number | null;
}

/**
 * What a delete proved. `wait`: nothing failed, but the proof takes until `waitMs` from now: a 404 counts only with a
 * second one. `paused`, `held_back`: nothing was sent, by an operator's wish, or because others have their turn.
 */
export type Verdict =
  | { readonly kind: 'gone' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'held_back'; readonly waitMs: number; readonly waitsFor: string }
  | {
      readonly kind: 'wait';
      readonly waitMs: number;
      readonly waitsFor: string;
      readonly firstNotFound: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly message: string;
      readonly retryAfterMs: number | undefined;
      readonly stuckNow: boolean;
    };

async function provenByStores(deps: ProofDeps, accountId: number, signal: AbortSignal): Promise<boolean> {
  if (!deps.provider.offersStores) return false;
  const options = { deadlineMs: deps.settings.listingDeadlineMs, signal };
  for await (const page of deps.provider.listStores(options)) {
    const ids = page.map((store) => store.id);
    if ((await storesOfAccount(deps.ledger, accountId, ids)).length > 0) return true;
  }
  return false;
}

async function provenByFiles(deps: ProofDeps, accountId: number, signal: AbortSignal): Promise<boolean> {
  if (!(await hasUploads(deps.ledger, accountId))) return false;
  const { provider, baseUrl } = deps.provider.account;
  const options = { deadlineMs: deps.settings.listingDeadlineMs, signal };
  for await (const page of deps.provider.listFiles(options)) {
    const ids = page.map((file) => file.id);
    if ((await uploadedUnder(deps.ledger, { provider, baseUrl, accountId }, ids)).length > 0) return true;
  }
  return false;
}

/** Looks for anything of the old account in listings through the present key. */
async function provenByListing(deps: ProofDeps, accountId: number, signal: AbortSignal): Promise<boolean> {
  return (await provenByStores(deps, accountId, signal)) || (await provenByFiles(deps, accountId, signal));
}

/** Whether a 404 through the present key says anything about an object made under `accountId`. */
export async function speaksFor(deps: ProofDeps, accountId: number, signal: AbortSignal): Promise<boolean> {
  if (await hasAccountProof(deps.ledger, accountId, deps.accountId)) return true;
  if (!(await provenByListing(deps, accountId, signal))) return false;
  await recordAccountProof(deps.ledger, accountId, deps.accountId);
  return true;
}

/** The verdict on a call that failed at the provider: without the right to ask, only a person can help. */
export function failed(failure: ProviderFailure): Verdict {
  if (failure instanceof HeldBack) {
    return { kind: 'held_back', waitMs: failure.retryAfterMs, waitsFor: failure.message };
  }
  return {
    kind: 'failed',
    reason: failure.kind,
    message: failure.message,
    retryAfterMs: failure.retryAfterMs,
    stuckNow: failure.kind === 'unauthorized',
  };
}

const ACCOUNT_CHANGED: Verdict = {
  kind: 'failed',
  reason: 'account_changed',
  message: 'ACCOUNT_CHANGED: the key changed, and nothing of ours has been seen through the new one',
  retryAfterMs: undefined,
  stuckNow: true,
};

/** Undefined where the present key may speak for objects made under `accountId`; else why it may not. */
export async function accountVerdict(
  deps: ProofDeps,
  accountId: number,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  return orFailed(async () => ((await speaksFor(deps, accountId, signal)) ? undefined : ACCOUNT_CHANGED));
}

async function orFailed<T>(work: () => Promise<T>): Promise<T | Verdict> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return failed(error);
  }
}

/** The second denial has to come this much after the first. */
function confirmed(deps: ProofDeps, target: Target, waitsFor: string): Verdict {
  const { confirmGoneMs } = deps.settings;
  if (target.notFoundForMs === null)
    return { kind: 'wait', waitMs: confirmGoneMs, waitsFor, firstNotFound: true };
  const leftMs = confirmGoneMs - target.notFoundForMs;
  return leftMs <= 0 ? { kind: 'gone' } : { kind: 'wait', waitMs: leftMs, waitsFor, firstNotFound: false };
}

/** A failed call about an object, and what the object is. */
export interface Denied {
  readonly target: Target;
  /** Absent: only a 404 counts. */
  readonly thing: Thing | undefined;
  readonly signal: AbortSignal;
}

async function verdictOnDenial(deps: ProofDeps, denied: Denied, failure: ProviderFailure): Promise<Verdict> {
  const { target, thing, signal } = denied;
  const proves = failure.kind === 'gone' || (failure.deniesObject && thing !== undefined);
  if (!proves) return failed(failure);
  if (!(await speaksFor(deps, target.accountId, signal))) return ACCOUNT_CHANGED;
  if (failure.kind === 'gone') {
    if (target.ageMs >= deps.settings.youngObjectMs) return { kind: 'gone' };
    return confirmed(deps, target, 'a second "not found" of something young');
  }
  if (thing === undefined || !(await isAbsent(deps, thing, signal))) return failed(failure);
  return confirmed(deps, target, 'a second listing without what the provider denies');
}

/**
 * What a failed call says of its object. A 404 within the same account means gone, for something young with a second
 * one. Whatever else denies the object counts only where two complete listings do not show it.
 */
export async function afterDenial(
  deps: ProofDeps,
  denied: Denied,
  failure: ProviderFailure,
): Promise<Verdict> {
  return orFailed(() => verdictOnDenial(deps, denied, failure));
}

async function madeUnder(deps: ProofDeps, accountId: number, { kind, id }: Thing): Promise<boolean> {
  if (kind === 'store') return (await storesOfAccount(deps.ledger, accountId, [id])).length > 0;
  const { provider, baseUrl } = deps.provider.account;
  return (await uploadedUnder(deps.ledger, { provider, baseUrl, accountId }, [id])).length > 0;
}

/**
 * Records that the present key shows what the old one had made. Files that we did not upload, and registered stores, are
 * the caller's, whose key may open another account than ours did: that they are there proves nothing of the rest.
 */
async function proveBy(deps: ProofDeps, accountId: number, thing: Thing): Promise<void> {
  if (await madeUnder(deps, accountId, thing)) {
    await recordAccountProof(deps.ledger, accountId, deps.accountId);
  }
}

/**
 * An answer through a key that nothing of ours was seen through is no proof: some compatible servers say "deleted" of
 * anything. So the object itself is asked for first. Resolves with the failure where it is not there.
 */
async function unseen(
  deps: ProofDeps,
  target: Target,
  call: DeleteCall,
): Promise<ProviderFailure | undefined> {
  const { thing, signal } = call;
  if (thing === undefined || (await hasAccountProof(deps.ledger, target.accountId, deps.accountId)))
    return undefined;
  if (await isThere(deps, thing, signal)) {
    await proveBy(deps, target.accountId, thing);
    return undefined;
  }
  return new ProviderFailure(`${thing.kind} ${thing.id} is not found through the new key`, { kind: 'gone' });
}

/** One delete. */
export interface DeleteCall {
  readonly signal: AbortSignal;
  readonly run: () => Promise<void>;
  /** What is deleted; absent: only a 404 proves it missing. */
  readonly thing?: Thing;
}

/** Runs one delete and says what it proved. Throws only what is not the provider's doing. */
export async function attempt(deps: ProofDeps, target: Target, call: DeleteCall): Promise<Verdict> {
  const denied: Denied = { target, thing: call.thing, signal: call.signal };
  try {
    const failure = await unseen(deps, target, call);
    if (failure !== undefined) return await afterDenial(deps, denied, failure);
    await call.run();
  } catch (error) {
    if (isServiceError(error, 'DELETIONS_PAUSED')) return { kind: 'paused' };
    if (!(error instanceof ProviderFailure)) throw error;
    return afterDenial(deps, denied, error);
  }
  return { kind: 'gone' };
}
