import { storesOmitted } from '../ledger/queries/account-listing.ts';
import { accountsOf } from '../ledger/queries/prove-accounts.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { ProviderStore } from '../providers/port.ts';
import type { ProofDeps } from './deps.ts';

/** Stores asked for by id where a listing does not show them: enough to catch a listing that is empty or cut short. */
const MAX_ASKED = 20;

/** Whether a failed read says that the object does not exist, in whatever way: a hint, and no proof by itself. */
export function saysMissing(error: unknown): boolean {
  return error instanceof ProviderFailure && (error.kind === 'gone' || error.deniesObject);
}

/** What the provider tells of the store when asked for it by its id; `undefined` where it finds none. */
export async function findStoreById(
  deps: ProofDeps,
  storeId: string,
  signal: AbortSignal,
): Promise<ProviderStore | undefined> {
  try {
    const { providerDeadlineMs: deadlineMs } = deps.settings;
    return await deps.provider.retrieveStore(storeId, { deadlineMs, signal, mayBeMissing: true });
  } catch (error) {
    if (saysMissing(error)) return undefined;
    throw error;
  }
}

/** Whether the provider finds the store when asked for it by its id. */
export async function storeIsThere(deps: ProofDeps, storeId: string, signal: AbortSignal): Promise<boolean> {
  return (await findStoreById(deps, storeId, signal)) !== undefined;
}

/**
 * A listing may be empty although stores exist (openai-python#2209). Before one is taken for complete, the stores that
 * it ought to show are asked for by id: what leases hold, and what the last sweep saw of others.
 *
 * @throws ProviderFailure `unavailable` where the listing leaves out what exists.
 */
export async function checkListing(
  deps: ProofDeps,
  storeIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { ledger, accountId } = deps;
  // Leases from before a change of key live in the account that this key lists.
  const accounts = await accountsOf(ledger, accountId);
  const omitted = await storesOmitted(ledger, { accountId, accounts }, { storeIds, limit: MAX_ASKED });
  for (const storeId of omitted) {
    if (!(await storeIsThere(deps, storeId, signal))) continue;
    throw new ProviderFailure(`list_stores: the listing leaves out ${storeId}, which exists`, {
      kind: 'unavailable',
    });
  }
}
