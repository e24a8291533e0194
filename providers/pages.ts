import { ProviderFailure } from './failure.ts';
import type { CallOptions, ListingLimits } from './port.ts';

/** One page of a listing, as the provider orders it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

/** Gets one page of what comes after the cursor, which is the id of the last item of the page before. */
export type GetPage<T> = (after: string | undefined, options: CallOptions) => Promise<Page<T>>;

export interface Listing<T> {
  readonly operation: string;
  readonly getPage: GetPage<T>;
  /** Where to go on; absent = from the beginning. */
  readonly after?: string | undefined;
}

/** The failure of a listing that contradicts itself: it proves nothing and changed nothing. */
export function lie(operation: string, what: string): ProviderFailure {
  return new ProviderFailure(`${operation}: ${what}`, { kind: 'unavailable' });
}

/** A cursor can be refused because its object was deleted since: the listing has to be begun anew. */
function inMidListing(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.kind !== 'refused') return error;
  return new ProviderFailure(error.message, { kind: 'unavailable', status: error.status });
}

/**
 * Page after page. Throws `unavailable` where the provider goes round in circles (seen in proxies:
 * BerriAI/litellm#36324) or claims more after an empty page: an incomplete listing must not be taken for a complete
 * one. What it remembers is one id a page. One deadline covers the whole listing.
 */
export async function* pagesOf<T extends { readonly id: string }>(
  { operation, getPage, after }: Listing<T>,
  options: ListingLimits,
): AsyncGenerator<readonly T[], void> {
  const { deadlineMs: wholeMs, pageDeadlineMs: pageMs = Infinity, signal } = options;
  const endsAt = performance.now() + wholeMs;
  let cursor = after;
  const cursors = new Set(cursor === undefined ? [] : [cursor]);
  for (;;) {
    const limits = { signal, deadlineMs: Math.min(pageMs, endsAt - performance.now()) };
    const page = await getPage(cursor, limits).catch((error: unknown) => {
      throw cursor === undefined ? error : inMidListing(error);
    });
    const last = page.items.at(-1)?.id;
    if (last === undefined && page.hasMore) throw lie(operation, 'more is claimed after an empty page');
    if (last !== undefined && cursors.has(last)) throw lie(operation, 'the same page came again');
    if (last !== undefined) yield page.items;
    if (last === undefined || !page.hasMore) return;
    cursor = last;
    cursors.add(last);
  }
}
