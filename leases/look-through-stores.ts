import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import {
  beginAccountListing,
  completeAccountListing,
  extendAccountListing,
  giveUpAccountListing,
  seenAttached,
  storeIsGoing,
  type Look,
} from '../ledger/queries/account-listing.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { ProviderStore } from '../providers/port.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { checkListing, saysMissing, storeIsThere } from '../deletion/listing-check.ts';
import { failed, type Verdict } from '../deletion/proof.ts';

/** Stores listed at once: the account's rate is shared with those who use it. */
const AT_ONCE = 4;
/** A look that gives no sign of life for so long is taken for dead; above the deadline of one call. */
const HOLD_MS = 90_000;
/** Wait for a look that another drain makes. */
const WAIT_MS = 5_000;

async function* filePages(deps: LeaseDeps, storeId: string, signal: AbortSignal) {
  const { passBudgetMs: deadlineMs, providerDeadlineMs: pageDeadlineMs } = deps.settings;
  for await (const page of deps.provider.listStoreFiles(storeId, { deadlineMs, pageDeadlineMs, signal })) {
    yield page.map((file) => file.id);
  }
}

/** Marks what the store holds; returns how many files it showed. */
async function markFilesOf(deps: LeaseDeps, storeId: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const fileIds of filePages(deps, storeId, signal)) {
    await seenAttached(deps.ledger, fileIds, storeId);
    count += fileIds.length;
  }
  return count;
}

/** Deleted since it was listed, as stores of other drains are all the time; else the provider is asked for it. */
async function wentMeanwhile(deps: LeaseDeps, storeId: string, signal: AbortSignal): Promise<boolean> {
  const { provider, baseUrl } = deps.provider.account;
  if (await storeIsGoing(deps.ledger, { provider, baseUrl, storeId })) return true;
  return !(await storeIsThere(deps, storeId, signal));
}

async function lookInto(deps: LeaseDeps, store: ProviderStore, signal: AbortSignal): Promise<void> {
  try {
    const count = await markFilesOf(deps, store.id, signal);
    // A store that says it has files and shows none is asked once more: two answers that agree.
    if (count === 0 && (store.fileCount ?? 0) > 0) await markFilesOf(deps, store.id, signal);
  } catch (error) {
    // Nobody uses an expired store; one may refuse to be looked into.
    if (store.status === 'expired' && error instanceof ProviderFailure && error.kind === 'refused') return;
    if (!saysMissing(error) || !(await wentMeanwhile(deps, store.id, signal))) throw error;
  }
}

class Overtaken extends Error {}

/** All stores of a page; the first failure ends the others. */
async function lookIntoAll(
  deps: LeaseDeps,
  stores: readonly ProviderStore[],
  run: { readonly look: Look; readonly context: PassContext },
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([run.context.signal, ending.signal]);
  const limit = pLimit(AT_ONCE);
  const work = stores.map((store) =>
    limit(async () => {
      if (signal.aborted) return;
      await lookInto(deps, store, signal);
      run.context.heartbeat();
      if (!(await extendAccountListing(deps.ledger, run.look, HOLD_MS))) throw new Overtaken();
    }).catch((error: unknown) => {
      ending.abort();
      throw error;
    }),
  );
  const failure = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  run.context.signal.throwIfAborted();
  if (failure !== undefined) throw failure.reason;
}

async function lookThrough(deps: LeaseDeps, look: Look, context: PassContext): Promise<boolean> {
  const { passBudgetMs: deadlineMs, providerDeadlineMs: pageDeadlineMs } = deps.settings;
  const { signal } = context;
  const listed: string[] = [];
  for await (const stores of deps.provider.listStores({ deadlineMs, pageDeadlineMs, signal })) {
    await lookIntoAll(deps, stores, { look, context });
    listed.push(...stores.map((store) => store.id));
  }
  await checkListing(deps, listed, signal);
  return completeAccountListing(deps.ledger, look);
}

/** Nothing was asked, so nothing has recovered: a lease that keeps failing at its own looks is to become stuck. */
const underWay: Verdict = {
  kind: 'held_back',
  waitMs: WAIT_MS,
  waitsFor: 'a look through the files of all stores',
};

/**
 * Lists every store of the account and the files of each, and marks those that wait to be decided on. One look at a
 * time serves all leases whose stores were gone before it began. Undefined once such a look is complete.
 */
export async function lookThroughStores(deps: LeaseDeps, context: PassContext): Promise<Verdict | undefined> {
  const look: Look = { accountId: deps.accountId, token: randomUUID() };
  if (!(await beginAccountListing(deps.ledger, look, HOLD_MS))) return underWay;
  try {
    return (await lookThrough(deps, look, context)) ? undefined : underWay;
  } catch (error) {
    if (error instanceof Overtaken) return underWay;
    await giveUpAccountListing(deps.ledger, look);
    if (!(error instanceof ProviderFailure)) throw error;
    return failed(error);
  }
}
