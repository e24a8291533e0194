import type OpenAI from 'openai';
import { TAG_INSTANCE, TAG_LEASE } from '../domain/store-tags.ts';
import type { Caller } from './caller.ts';
import { ProviderFailure } from './failure.ts';
import { pagesOf, type GetPage } from './pages.ts';
import type { ProviderStore, StoreFile, StoreProvider } from './port.ts';
import {
  attachFileRequest,
  createStoreRequest,
  deleteStoreRequest,
  retrieveStoreRequest,
  storeExpiryRequest,
  storeFilePageRequest,
  storePageRequest,
} from './request.ts';
import { findInPages, storePages } from './store-pages.ts';

/** The calls about vector stores. */
export type StoreCalls = Pick<
  StoreProvider,
  | 'createStore'
  | 'findStoresByLease'
  | 'retrieveStore'
  | 'setStoreExpiry'
  | 'listStores'
  | 'deleteStore'
  | 'listStoreFiles'
  | 'attachFile'
>;

export function storeCalls(client: OpenAI, call: Caller): StoreCalls {
  const getPage: GetPage<ProviderStore> = (after, limits) => call(storePageRequest(client, after), limits);
  return {
    createStore: (store, limits) => call(createStoreRequest(client, store), limits),
    findStoresByLease: ({ instanceId, leaseId, createdSinceMs }, limits) =>
      findInPages(
        storePages(getPage, limits),
        createdSinceMs,
        ({ metadata }) => metadata[TAG_LEASE] === leaseId && metadata[TAG_INSTANCE] === instanceId,
      ),
    retrieveStore: (storeId, limits) => call(retrieveStoreRequest(client, storeId), limits),
    setStoreExpiry: (storeId, days, limits) => call(storeExpiryRequest(client, storeId, days), limits),
    listStores: (limits) => storePages(getPage, limits),
    deleteStore: (storeId, limits) => call(deleteStoreRequest(client, storeId), limits),
    listStoreFiles: (storeId, { after, ...limits }) => {
      const getFilePage: GetPage<StoreFile> = (from, each) =>
        call(storeFilePageRequest(client, storeId, from), each);
      return pagesOf({ operation: 'list_store_files', getPage: getFilePage, after }, limits);
    },
    attachFile: (storeId, fileId, limits) => call(attachFileRequest(client, { storeId, fileId }), limits),
  };
}

/** The same for a provider that has files only: nothing is sent, every call is `refused`. */
export function noStoreCalls(name: string): StoreCalls {
  const refuse = () =>
    Promise.reject(new ProviderFailure(`${name} has no vector stores`, { kind: 'refused' }));
  async function* refuseListing(): AsyncGenerator<never, void> {
    yield await refuse();
  }
  return {
    createStore: refuse,
    findStoresByLease: refuse,
    retrieveStore: refuse,
    setStoreExpiry: refuse,
    listStores: refuseListing,
    deleteStore: refuse,
    listStoreFiles: refuseListing,
    attachFile: refuse,
  };
}
