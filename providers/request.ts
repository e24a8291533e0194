import type OpenAI from 'openai';
import type { CallClass } from './classify.ts';
import { ProviderFailure } from './failure.ts';
import type { NewStore, ProviderStore } from './port.ts';
import { readDeleted, readStore, readStorePage, type StorePage } from './read-answer.ts';

/** One request to the provider: how it is named and classed, sent, and its answer read. */
export interface ProviderRequest<T> {
  readonly operation: string;
  readonly callClass: CallClass;
  readonly send: (signal: AbortSignal) => Promise<unknown>;
  /** Throws `BadAnswer` for an answer that does not say what it must. */
  readonly read: (answer: unknown) => T;
}

/** OpenAI's largest page of stores (openai-openapi 2.3.0). */
const PAGE_LIMIT = 100;

function requireId(id: string): string {
  // An empty id would turn the call into one on the whole collection.
  if (id === '') throw new ProviderFailure('the id is empty', { kind: 'refused' });
  return id;
}

function expiresAfter(days: number) {
  return { anchor: 'last_active_at' as const, days };
}

export function createStoreRequest(client: OpenAI, store: NewStore): ProviderRequest<ProviderStore> {
  const { name, metadata, expiresAfterDays: days } = store;
  const body = { name, metadata, ...(days === null ? {} : { expires_after: expiresAfter(days) }) };
  return {
    operation: 'create_store',
    callClass: 'create',
    send: (signal) => client.vectorStores.create(body, { signal }),
    read: readStore,
  };
}

export function retrieveStoreRequest(client: OpenAI, storeId: string): ProviderRequest<ProviderStore> {
  return {
    operation: 'retrieve_store',
    callClass: 'retrieve',
    send: (signal) => client.vectorStores.retrieve(requireId(storeId), { signal }),
    read: readStore,
  };
}

/** `null` clears the provider's own expiry. */
export function storeExpiryRequest(
  client: OpenAI,
  storeId: string,
  days: number | null,
): ProviderRequest<ProviderStore> {
  const body = { expires_after: days === null ? null : expiresAfter(days) };
  return {
    operation: 'update_store',
    callClass: 'update',
    send: (signal) => client.vectorStores.update(requireId(storeId), body, { signal }),
    read: readStore,
  };
}

/** The page after the cursor, newest first. Not `vectorStores.list`: it reads an answer without `data` as empty. */
export function storePageRequest(client: OpenAI, after: string | undefined): ProviderRequest<StorePage> {
  const query = { limit: PAGE_LIMIT, order: 'desc', ...(after === undefined ? {} : { after }) };
  const headers = { 'OpenAI-Beta': 'assistants=v2' };
  return {
    operation: 'list_stores',
    callClass: 'list',
    send: (signal) => client.get('/vector_stores', { query, headers, signal }),
    read: readStorePage,
  };
}

export function deleteStoreRequest(client: OpenAI, storeId: string): ProviderRequest<void> {
  return {
    operation: 'delete_store',
    callClass: 'delete',
    send: (signal) => client.vectorStores.delete(requireId(storeId), { signal }),
    read: (answer) => readDeleted(answer, storeId),
  };
}

export function deleteFileRequest(client: OpenAI, fileId: string): ProviderRequest<void> {
  return {
    operation: 'delete_file',
    callClass: 'delete',
    send: (signal) => client.files.delete(requireId(fileId), { signal }),
    read: (answer) => readDeleted(answer, fileId),
  };
}
