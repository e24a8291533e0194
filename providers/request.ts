import type OpenAI from 'openai';
import type { AttachedPair } from './attach-failure.ts';
import type { CallClass } from './classify.ts';
import type { Dialect } from './dialect.ts';
import { ProviderFailure } from './failure.ts';
import type { Page } from './pages.ts';
import type { NewFile, NewStore, ProviderFile, ProviderStore, StoreFile } from './port.ts';
import { pageReader, readAttached, readDeleted, readFile, readStore, readStoreFile } from './read-answer.ts';

/** One request to the provider: how it is named and classed, sent, and its answer read. */
export interface ProviderRequest<T> {
  readonly operation: string;
  readonly callClass: CallClass;
  /** Of an attach. */
  readonly pair?: AttachedPair;
  readonly send: (signal: AbortSignal) => Promise<unknown>;
  /** Throws `BadAnswer` for an answer that does not say what it must. */
  readonly read: (answer: unknown) => T;
}

type FilePurpose = OpenAI.FilePurpose;

/** OpenAI's largest page of stores, and of a store's files (openai-openapi 2.3.0). */
const PAGE_LIMIT = 100;
/** What the SDK's own methods send for stores. */
const BETA = { 'OpenAI-Beta': 'assistants=v2' };

/** The id as it is; throws where it is empty. */
export function requireId(id: string): string {
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

function pageQuery(limit: number, order: 'asc' | 'desc', after: string | undefined) {
  return { limit, order, ...(after === undefined ? {} : { after }) };
}

/** The page after the cursor, newest first. Not `vectorStores.list`: it reads an answer without `data` as empty. */
export function storePageRequest(
  client: OpenAI,
  after: string | undefined,
): ProviderRequest<Page<ProviderStore>> {
  const query = pageQuery(PAGE_LIMIT, 'desc', after);
  return {
    operation: 'list_stores',
    callClass: 'list',
    send: (signal) => client.get('/vector_stores', { query, headers: BETA, signal }),
    read: pageReader(readStore),
  };
}

/** A page of a store's files, oldest first. Classed as a look at one object: a 404 means that there is no such store. */
export function storeFilePageRequest(
  client: OpenAI,
  storeId: string,
  after: string | undefined,
): ProviderRequest<Page<StoreFile>> {
  const query = pageQuery(PAGE_LIMIT, 'asc', after);
  const path = `/vector_stores/${encodeURIComponent(requireId(storeId))}/files`;
  return {
    operation: 'list_store_files',
    callClass: 'retrieve',
    send: (signal) => client.get(path, { query, headers: BETA, signal }),
    read: pageReader(readStoreFile),
  };
}

/** A page of the account's files. */
export function filePageRequest(
  client: OpenAI,
  { filePageQuery, mayOmitHasMore }: Dialect,
  after: string | undefined,
): ProviderRequest<Page<ProviderFile>> {
  const query = filePageQuery(after);
  return {
    operation: 'list_files',
    callClass: 'list',
    send: (signal) => client.get('/files', { query, signal }),
    read: pageReader(readFile, mayOmitHasMore),
  };
}

export function retrieveFileRequest(client: OpenAI, fileId: string): ProviderRequest<ProviderFile> {
  return {
    operation: 'retrieve_file',
    callClass: 'retrieve',
    send: (signal) => client.files.retrieve(requireId(fileId), { signal }),
    read: readFile,
  };
}

/** The SDK makes the form; the bytes of the file come from the client's transport. */
export function uploadRequest(client: OpenAI, upload: NewFile): ProviderRequest<ProviderFile> {
  const file = new File([], upload.filename, { type: upload.mimeType });
  // The SDK's type lists OpenAI's purposes; other providers have their own.
  const purpose = upload.purpose as FilePurpose;
  return {
    operation: 'upload_file',
    callClass: 'upload',
    send: (signal) => client.files.create({ file, purpose }, { signal }),
    read: readFile,
  };
}

export function attachFileRequest(client: OpenAI, pair: AttachedPair): ProviderRequest<void> {
  const { storeId, fileId } = pair;
  return {
    operation: 'attach_file',
    callClass: 'attach',
    pair,
    send: (signal) =>
      client.vectorStores.files.create(requireId(storeId), { file_id: requireId(fileId) }, { signal }),
    read: (answer) => readAttached(answer, fileId),
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
