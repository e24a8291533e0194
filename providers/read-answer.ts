import { BadAnswer } from './classify.ts';
import type { ProviderStore } from './port.ts';

type JsonObject = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadAnswer(`the answer is not ${what}`);
  }
  return value as JsonObject;
}

function metadataOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  const texts = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(texts);
}

function numberOr<T>(value: unknown, fallback: T): number | T {
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

/** A store of an answer. Throws {@link BadAnswer} where it has no id, is something else or has no age. */
export function readStore(value: unknown): ProviderStore {
  const store = objectOf(value, 'a vector store');
  const { id, object, created_at: createdAt, status } = store;
  if (typeof id !== 'string' || id === '' || object !== 'vector_store') {
    throw new BadAnswer('the answer is not a vector store');
  }
  const createdAtSeconds = numberOr(createdAt, null);
  if (createdAtSeconds === null) throw new BadAnswer('the answer does not tell when the store was made');
  const expiresAtSeconds = numberOr(store['expires_at'], null);
  return {
    id,
    name: typeof store['name'] === 'string' ? store['name'] : '',
    status: status === 'completed' || status === 'expired' ? status : 'in_progress',
    createdAtMs: createdAtSeconds * 1000,
    expiresAtMs: expiresAtSeconds === null ? null : expiresAtSeconds * 1000,
    usageBytes: numberOr(store['usage_bytes'], 0),
    metadata: metadataOf(store['metadata']),
  };
}

export interface StorePage {
  readonly stores: readonly ProviderStore[];
  readonly hasMore: boolean;
}

/** One page of a listing. An answer without a list is no empty list. */
export function readStorePage(value: unknown): StorePage {
  const page = objectOf(value, 'a listing');
  const data = page['data'];
  const hasMore = page['has_more'];
  if (!Array.isArray(data) || typeof hasMore !== 'boolean')
    throw new BadAnswer('the answer is not a listing');
  return { stores: data.map(readStore), hasMore };
}

/** Throws {@link BadAnswer} unless the answer says that this very object is deleted. */
export function readDeleted(value: unknown, id: string): void {
  const answer = objectOf(value, 'a deletion');
  if (answer['deleted'] !== true || answer['id'] !== id)
    throw new BadAnswer('the answer does not confirm the deletion');
}
