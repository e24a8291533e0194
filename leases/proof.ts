import { isServiceError } from '../domain/errors.ts';
import { hasAccountProof, recordAccountProof } from '../ledger/queries/account-proof.ts';
import { storesOfAccount } from '../ledger/queries/stores-of-account.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { LeaseDeps } from './deps.ts';

/** A thing at the provider that has to be proven gone. */
export interface Target {
  readonly accountId: number;
  readonly ageMs: number;
  /** Milliseconds since the first 404; null if there was none. */
  readonly notFoundForMs: number | null;
}

/**
 * What a delete proved. `wait`: nothing failed, but the proof takes until `waitMs` from now: a 404 counts only with a
 * second one. `paused`: nothing was sent.
 */
export type Verdict =
  | { readonly kind: 'gone' }
  | { readonly kind: 'paused' }
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

/** Looks for anything of the old account in a listing through the present key. */
async function provenByListing(deps: LeaseDeps, accountId: number, signal: AbortSignal): Promise<boolean> {
  const options = { deadlineMs: deps.settings.listingDeadlineMs, signal };
  for await (const page of deps.provider.listStores(options)) {
    const ids = page.map((store) => store.id);
    if ((await storesOfAccount(deps.ledger, accountId, ids)).length > 0) return true;
  }
  return false;
}

/** Whether a 404 through the present key says anything about an object made under `accountId`. */
export async function speaksFor(deps: LeaseDeps, accountId: number, signal: AbortSignal): Promise<boolean> {
  if (await hasAccountProof(deps.ledger, accountId, deps.accountId)) return true;
  if (!(await provenByListing(deps, accountId, signal))) return false;
  await recordAccountProof(deps.ledger, accountId, deps.accountId);
  return true;
}

/** The verdict on a call that failed at the provider: without the right to ask, only a person can help. */
export function failed(failure: ProviderFailure): Verdict {
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

async function afterNotFound(deps: LeaseDeps, target: Target, signal: AbortSignal): Promise<Verdict> {
  const { youngObjectMs, confirmGoneMs } = deps.settings;
  if (!(await speaksFor(deps, target.accountId, signal))) return ACCOUNT_CHANGED;
  if (target.ageMs >= youngObjectMs) return { kind: 'gone' };
  const waitsFor = 'a second "not found" of something young';
  if (target.notFoundForMs === null)
    return { kind: 'wait', waitMs: confirmGoneMs, waitsFor, firstNotFound: true };
  const leftMs = confirmGoneMs - target.notFoundForMs;
  return leftMs <= 0 ? { kind: 'gone' } : { kind: 'wait', waitMs: leftMs, waitsFor, firstNotFound: false };
}

/** Runs one delete and says what it proved. Throws only what is not the provider's doing. */
export async function attempt(
  deps: LeaseDeps,
  target: Target,
  call: { readonly signal: AbortSignal; readonly run: () => Promise<void> },
): Promise<Verdict> {
  try {
    await call.run();
  } catch (error) {
    if (isServiceError(error, 'DELETIONS_PAUSED')) return { kind: 'paused' };
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind !== 'gone') return failed(error);
    try {
      return await afterNotFound(deps, target, call.signal);
    } catch (listingError) {
      if (!(listingError instanceof ProviderFailure)) throw listingError;
      return failed(listingError);
    }
  }
  if (target.accountId !== deps.accountId) {
    await recordAccountProof(deps.ledger, target.accountId, deps.accountId);
  }
  return { kind: 'gone' };
}
