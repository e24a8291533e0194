import type { ProviderStore } from '../providers/port.ts';
import type { ProofDeps } from './deps.ts';
import { completeFileListing, fileIsThere } from './file-listing.ts';
import { checkListing, saysMissing } from './listing-check.ts';

/** A store or a file by its id at the provider. */
export interface Thing {
  readonly kind: 'store' | 'file';
  readonly id: string;
}

/** Whether the provider shows the object when asked for it by its id. */
export async function isThere(deps: ProofDeps, thing: Thing, signal: AbortSignal): Promise<boolean> {
  if (thing.kind === 'file') return fileIsThere(deps, thing.id, signal);
  try {
    await deps.provider.retrieveStore(thing.id, { deadlineMs: deps.settings.providerDeadlineMs, signal });
    return true;
  } catch (error) {
    if (saysMissing(error)) return false;
    throw error;
  }
}

async function storeIsListed(deps: ProofDeps, id: string, signal: AbortSignal): Promise<boolean> {
  const seen: ProviderStore['id'][] = [];
  for await (const page of deps.provider.listStores({
    deadlineMs: deps.settings.listingDeadlineMs,
    signal,
  })) {
    seen.push(...page.map((store) => store.id));
  }
  await checkListing(deps, seen, signal);
  return seen.includes(id);
}

async function fileIsListed(deps: ProofDeps, id: string, signal: AbortSignal): Promise<boolean> {
  for await (const page of completeFileListing(deps, signal)) {
    if (page.some((file) => file.id === id)) return true;
  }
  return false;
}

/**
 * Whether the object is neither shown when asked for nor in a complete listing of its kind. For providers whose
 * delete says something else than 404 of what does not exist; one such look is not enough.
 *
 * @throws ProviderFailure where the provider gives no clear answer.
 */
export async function isAbsent(deps: ProofDeps, thing: Thing, signal: AbortSignal): Promise<boolean> {
  if (await isThere(deps, thing, signal)) return false;
  return !(await (thing.kind === 'file' ? fileIsListed : storeIsListed)(deps, thing.id, signal));
}
