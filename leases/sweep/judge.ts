import pLimit from 'p-limit';
import { compareListings } from '../../ledger/queries/compare-listings.ts';
import { missingStores, type LiveStore } from '../../ledger/queries/missing-stores.ts';
import { previousRun } from '../../ledger/queries/sweep-run.ts';
import type { PassContext } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { findStoreById } from '../../deletion/listing-check.ts';
import { pages, pulse, type OpenRun } from './run.ts';

/** A store of a lease that became active since then may be missing from a listing that lags behind. */
const SETTLED_MS = 5 * 60_000;
/** Stores of the last valid listing compared by one statement. */
const COMPARED = 1_000;

/** Why a listing is not believed. */
export interface Doubt {
  readonly reason: 'error' | 'half_missing' | 'missing_but_there';
  readonly detail: string;
}

/**
 * Fewer than half of what the last valid listing showed, and is not proven deleted since: a lie, unless the run
 * before missed all that is missing now.
 */
export async function tooFew(deps: LeaseDeps, run: OpenRun): Promise<Doubt | undefined> {
  const before = await previousRun(deps.ledger, run);
  const previousRunId = before?.invalidReason === 'half_missing' ? before.runId : null;
  let [after, expected, missing, newlyMissing]: [string | null, number, number, number] = ['', 0, 0, 0];
  while (after !== null) {
    const page = await compareListings(deps.ledger, { ...run, previousRunId }, { after, limit: COMPARED });
    after = page.last;
    expected += page.expected;
    missing += page.missing;
    newlyMissing += page.newlyMissing;
  }
  if (2 * (expected - missing) >= expected || (previousRunId !== null && newlyMissing === 0))
    return undefined;
  return { reason: 'half_missing', detail: `${missing} of ${expected} stores of the last valid listing` };
}

/**
 * What the provider says of a store that the listing does not show. Throws for anything but a clear answer. A denial
 * that is no 404 will do: the listing, complete in itself, does not show the store either.
 */
async function isThere(deps: LeaseDeps, storeId: string, signal: AbortSignal): Promise<boolean> {
  const store = await findStoreById(deps, storeId, signal);
  // An expired one is as good as gone.
  return store !== undefined && store.status !== 'expired';
}

/**
 * Looks by its id for each store of a settled live lease that the listing does not show. One that is there makes
 * the listing a lie; the others are collected as missed.
 */
export async function missedStores(
  deps: LeaseDeps,
  run: OpenRun,
  context: PassContext,
): Promise<{ readonly doubt: Doubt } | { readonly missed: readonly LiveStore[] }> {
  const limit = pLimit(deps.settings.fileConcurrency);
  const missed: LiveStore[] = [];
  for (const accountId of run.accounts) {
    const of = { runId: run.runId, accountId, startedAt: run.startedAt, settledMs: SETTLED_MS };
    for await (const page of pages((at) => missingStores(deps.ledger, of, at))) {
      await pulse(deps, run.runId, context);
      const there = await limit.map(page, ({ storeId }) => isThere(deps, storeId, context.signal));
      const found = page.find((_store, index) => there[index]);
      if (found !== undefined) {
        return { doubt: { reason: 'missing_but_there', detail: `${found.storeId} is there and not listed` } };
      }
      missed.push(...page);
    }
  }
  return { missed };
}
