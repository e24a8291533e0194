import { badRequest } from './api-error.ts';

export interface PageLimits {
  readonly fallback: number;
  readonly max: number;
}

/** OpenAI's bounds of a listing of stores or of a store's files (openai-openapi 2.3.0). */
export const STORE_PAGE: PageLimits = { fallback: 20, max: 100 };
/** The same for files. */
export const FILE_PAGE: PageLimits = { fallback: 10_000, max: 10_000 };

/** GLM's (docs.bigmodel.cn). */
export const GLM_FILE_PAGE: PageLimits = { fallback: 20, max: 100 };

interface Placed {
  readonly id: string;
  readonly n: number;
}

export interface PageCut<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

function limitOf(query: URLSearchParams, limits: PageLimits): number {
  const text = query.get('limit');
  if (text === null) return limits.fallback;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.max) {
    throw badRequest(`Invalid 'limit': expected an integer between 1 and ${limits.max}.`, 'limit');
  }
  return limit;
}

function cursorOf(query: URLSearchParams, name: string, position: (id: string) => number | undefined) {
  const id = query.get(name);
  if (id === null) return undefined;
  const n = position(id);
  if (n === undefined) throw badRequest(`Invalid '${name}': no object with id '${id}'.`, name);
  return n;
}

/** Cuts the asked page out of items that stand in the order of their creation. */
export function paginate<T extends Placed>(
  oldestFirst: readonly T[],
  query: URLSearchParams,
  options: { readonly limits: PageLimits; readonly position: (id: string) => number | undefined },
): PageCut<T> {
  const limit = limitOf(query, options.limits);
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw badRequest(`Invalid 'order': '${order}'.`, 'order');
  const direction = order === 'asc' ? 1 : -1;
  const after = cursorOf(query, 'after', options.position);
  const before = cursorOf(query, 'before', options.position);
  const ordered = order === 'asc' ? oldestFirst : oldestFirst.toReversed();
  const inRange = ordered.filter(
    ({ n }) =>
      (after === undefined || (n - after) * direction > 0) &&
      (before === undefined || (before - n) * direction > 0),
  );
  // `before` alone asks for the page that ends at the cursor.
  const items = before !== undefined && after === undefined ? inRange.slice(-limit) : inRange.slice(0, limit);
  return { items, hasMore: inRange.length > items.length };
}

/** A listing as the provider sends it. */
export function listAnswer(data: readonly { readonly id: string }[], hasMore: boolean) {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
