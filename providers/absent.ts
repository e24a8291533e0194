import type { StoreProvider } from './port.ts';
import { ProviderFailure } from './failure.ts';

function refuse(): ProviderFailure {
  return new ProviderFailure('no key of this provider is configured', { kind: 'unauthorized' });
}

async function* refuseListing(): AsyncGenerator<never, void> {
  yield await Promise.reject(refuse());
}

/**
 * Stands for a provider that no key is configured for: nothing is sent, every call is `unauthorized`. What was made
 * through an earlier key is so kept on the list of what is stuck until the key is back.
 */
export function createAbsentProvider(provider: string, baseUrl: string): StoreProvider {
  const call = () => Promise.reject(refuse());
  return {
    account: { provider, baseUrl, organization: '', testMode: false, keyFingerprint: 'none' },
    offersStores: false,
    createStore: call,
    findStoresByLease: call,
    retrieveStore: call,
    setStoreExpiry: call,
    listStores: refuseListing,
    deleteStore: call,
    deleteFile: call,
    listStoreFiles: refuseListing,
    listFiles: refuseListing,
    retrieveFile: call,
    uploadFile: call,
    attachFile: call,
    fileContent: refuseListing,
  };
}
