import { lie, pagesOf, type GetPage } from './pages.ts';
import type { ListingLimits, ProviderStore } from './port.ts';

const OPERATION = 'list_stores';

/** Page after page of the account's stores, newest first, each store once; see {@link pagesOf} for what it throws. */
export async function* storePages(
  getPage: GetPage<ProviderStore>,
  options: ListingLimits,
): AsyncGenerator<readonly ProviderStore[], void> {
  const seen = new Set<string>();
  for await (const page of pagesOf({ operation: OPERATION, getPage }, options)) {
    const fresh = page.filter(({ id }) => !seen.has(id));
    if (fresh.length === 0) throw lie(OPERATION, 'the same page came again');
    for (const { id } of fresh) seen.add(id);
    yield fresh;
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
