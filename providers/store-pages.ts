import { ProviderFailure } from './failure.ts';
import type { CallOptions, ProviderStore } from './port.ts';
import type { StorePage } from './read-answer.ts';

/** Gets one page, newest first, of what comes after the cursor. */
export type GetPage = (after: string | undefined, options: CallOptions) => Promise<StorePage>;

function lie(what: string): ProviderFailure {
  return new ProviderFailure(`list_stores: ${what}`, { kind: 'unavailable' });
}

/** A cursor can be refused because its store was deleted since: the listing has to be begun anew. */
function inMidListing(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.kind !== 'refused') return error;
  return new ProviderFailure(error.message, { kind: 'unavailable', status: error.status });
}

/**
 * Page after page of the account's stores, each store once. Throws `unavailable` where the provider goes round
 * in circles (seen in proxies: BerriAI/litellm#36324) or claims more after an empty page: an incomplete listing
 * must not be taken for a complete one. One deadline covers the whole listing.
 */
export async function* storePages(
  getPage: GetPage,
  options: CallOptions,
): AsyncGenerator<readonly ProviderStore[], void> {
  const endsAt = performance.now() + options.deadlineMs;
  const seen = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const limits = { ...options, deadlineMs: endsAt - performance.now() };
    const page = await getPage(after, limits).catch((error: unknown) => {
      throw after === undefined ? error : inMidListing(error);
    });
    const fresh = page.stores.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    if (page.hasMore && page.stores.length === 0) throw lie('more is claimed after an empty page');
    if (page.stores.length > 0 && fresh.length === 0) throw lie('the same page came again');
    if (fresh.length > 0) yield fresh;
    if (!page.hasMore) return;
    after = page.stores.at(-1)?.id;
  }
}

/**
 * The stores that fit, looking back to `createdSinceMs`. The look ends early only as long as the listing really
 * is newest first; one in another order is read whole.
 */
export async function findInPages(
  pages: AsyncIterable<readonly ProviderStore[]>,
  createdSinceMs: number | null,
  fits: (store: ProviderStore) => boolean,
): Promise<ProviderStore[]> {
  // Providers tell whole seconds: a store of the limit's own second may show as older than the limit.
  const since = createdSinceMs === null ? -Infinity : Math.floor(createdSinceMs / 1000) * 1000;
  const found: ProviderStore[] = [];
  let newestFirst = true;
  let last = Infinity;
  for await (const page of pages) {
    for (const store of page) {
      if (fits(store)) found.push(store);
      if (store.createdAtMs > last) newestFirst = false;
      last = store.createdAtMs;
    }
    if (newestFirst && last < since) break;
  }
  return found;
}
