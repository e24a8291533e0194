import { BadAnswer, UnconfirmedDeletion } from './classify.ts';
import type { Page } from './pages.ts';
import type { ProviderFile, ProviderStore, StoreFile } from './port.ts';

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

function fileCountOf(value: unknown): number | null {
  return typeof value === 'object' && value !== null ? numberOr((value as JsonObject)['total'], null) : null;
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
    fileCount: fileCountOf(store['file_counts']),
    metadata: metadataOf(store['metadata']),
  };
}

/** Ids go into URLs, the ledger and logs: whatever a provider calls one, it is short and plain. */
const PLAIN_ID = /^[\x21-\x7e]{1,256}$/;

function plainId(value: unknown, what: string): string {
  if (typeof value !== 'string' || !PLAIN_ID.test(value)) throw new BadAnswer(`the answer is not ${what}`);
  return value;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * An uploaded file. Throws {@link BadAnswer} where it has no id or no age; what else a provider leaves out, or calls
 * otherwise than OpenAI, is null.
 */
export function readFile(value: unknown): ProviderFile {
  const file = objectOf(value, 'a file');
  const id = plainId(file['id'], 'a file');
  const createdAtSeconds = numberOr(file['created_at'], null);
  if (createdAtSeconds === null) throw new BadAnswer('the answer does not tell when the file was uploaded');
  return {
    id,
    createdAtMs: createdAtSeconds * 1000,
    filename: textOrNull(file['filename']),
    sizeBytes: numberOr(file['bytes'], null),
    purpose: textOrNull(file['purpose']),
  };
}

/** Throws {@link BadAnswer} unless the answer names the file that was to be attached. */
export function readAttached(value: unknown, fileId: string): void {
  if (objectOf(value, "a store's file")['id'] !== fileId) {
    throw new BadAnswer('the answer does not confirm that the file was attached');
  }
}

/** A file as its store lists it. Throws {@link BadAnswer} where it has no id. */
export function readStoreFile(value: unknown): StoreFile {
  const file = objectOf(value, "a store's file");
  const attachedAtSeconds = numberOr(file['created_at'], null);
  return {
    id: plainId(file['id'], "a store's file"),
    attachedAtMs: attachedAtSeconds === null ? null : attachedAtSeconds * 1000,
  };
}

/**
 * Reads one page of a listing. An answer without a list is no empty list, and one that does not tell whether there is
 * more is no complete one, unless the provider may leave that out.
 */
export function pageReader<T>(
  readItem: (item: unknown) => T,
  mayOmitHasMore = false,
): (answer: unknown) => Page<T> {
  return (answer) => {
    const page = objectOf(answer, 'a listing');
    const data = page['data'];
    const hasMore = page['has_more'] ?? (mayOmitHasMore ? false : undefined);
    if (!Array.isArray(data) || typeof hasMore !== 'boolean')
      throw new BadAnswer('the answer is not a listing');
    return { items: data.map(readItem), hasMore };
  };
}

/** Throws {@link UnconfirmedDeletion} unless the answer says that this very object is deleted. */
export function readDeleted(value: unknown, id: string): void {
  const answer = objectOf(value, 'a deletion');
  if (answer['deleted'] !== true || answer['id'] !== id)
    throw new UnconfirmedDeletion('the answer does not confirm the deletion');
}
