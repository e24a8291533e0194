import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { TAG_INSTANCE, TAG_LEASE } from '../domain/store-tags.ts';
import { createCaller, type ProviderMeter } from './caller.ts';
import type { StoreProvider } from './port.ts';
import {
  createStoreRequest,
  deleteFileRequest,
  deleteStoreRequest,
  retrieveStoreRequest,
  storeExpiryRequest,
  storePageRequest,
} from './request.ts';
import { createSdkClient } from './sdk-client.ts';
import { findInPages, storePages, type GetPage } from './store-pages.ts';

export interface OpenAIProviderOptions {
  /** Normalised: no trailing slash. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly testMode: boolean;
  /** Deletions under way at once. */
  readonly concurrency: number;
  readonly meter: ProviderMeter;
}

/** The adapter for OpenAI and every provider that speaks its API. */
export function createOpenAIProvider(options: OpenAIProviderOptions): StoreProvider {
  const { baseUrl, apiKey, testMode, meter } = options;
  const client = createSdkClient(baseUrl, apiKey);
  const limit = pLimit(options.concurrency);
  const call = createCaller({ apiKey, meter, deletionTurn: (send) => limit(send) });
  const getPage: GetPage = (after, limits) => call(storePageRequest(client, after), limits);
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
  };
}
