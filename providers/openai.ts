import { createHash } from 'node:crypto';
import type OpenAI from 'openai';
import pLimit from 'p-limit';
import { TAG_INSTANCE, TAG_LEASE } from '../domain/store-tags.ts';
import { createCaller, type Caller, type ProviderMeter } from './caller.ts';
import { pagesOf, type GetPage } from './pages.ts';
import type { ProviderFile, ProviderStore, StoreFile, StoreProvider } from './port.ts';
import {
  createStoreRequest,
  deleteFileRequest,
  deleteStoreRequest,
  filePageRequest,
  retrieveFileRequest,
  retrieveStoreRequest,
  storeExpiryRequest,
  storeFilePageRequest,
  storePageRequest,
} from './request.ts';
import { createSdkClient } from './sdk-client.ts';
import { findInPages, storePages } from './store-pages.ts';

export interface OpenAIProviderOptions {
  /** Normalised: no trailing slash. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly testMode: boolean;
  /** Deletions under way at once. */
  readonly concurrency: number;
  readonly meter: ProviderMeter;
}

function fileListings(client: OpenAI, call: Caller): Pick<StoreProvider, 'listStoreFiles' | 'listFiles'> {
  return {
    listStoreFiles: (storeId, { after, ...limits }) => {
      const getPage: GetPage<StoreFile> = (from, each) =>
        call(storeFilePageRequest(client, storeId, from), each);
      return pagesOf({ operation: 'list_store_files', getPage, after }, limits);
    },
    listFiles: (limits) => {
      const getPage: GetPage<ProviderFile> = (from, each) => call(filePageRequest(client, from), each);
      return pagesOf({ operation: 'list_files', getPage }, limits);
    },
  };
}

/** The adapter for OpenAI and every provider that speaks its API. */
export function createOpenAIProvider(options: OpenAIProviderOptions): StoreProvider {
  const { baseUrl, apiKey, testMode, meter } = options;
  const client = createSdkClient(baseUrl, apiKey);
  const limit = pLimit(options.concurrency);
  const call = createCaller({ apiKey, meter, deletionTurn: (send) => limit(send) });
  const getPage: GetPage<ProviderStore> = (after, limits) => call(storePageRequest(client, after), limits);
  return {
    account: {
      provider: 'openai',
      baseUrl,
      organization: '',
      testMode,
      keyFingerprint: createHash('sha256').update(apiKey).digest('hex').slice(0, 16),
    },
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
    deleteFile: (fileId, limits) => call(deleteFileRequest(client, fileId), limits),
    ...fileListings(client, call),
    retrieveFile: (fileId, limits) => call(retrieveFileRequest(client, fileId), limits),
  };
}
