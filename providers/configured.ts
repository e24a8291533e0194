import type { ProviderName, UploadLimits } from '../domain/providers.ts';
import { createAbsentProvider } from './absent.ts';
import type { ProviderMeter } from './caller.ts';
import { createStoreProvider } from './index.ts';
import type { StoreProvider } from './port.ts';

/** As `config/` gives them; an empty key stands for a provider that none is configured for. */
export interface Connection {
  readonly name: ProviderName;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly testMode: boolean;
  readonly concurrency: number;
  readonly offersStores: boolean;
  readonly limits: UploadLimits;
}

/** A provider that files can be uploaded to, as it is: without the limits of its account. */
export interface ConfiguredProvider {
  readonly name: ProviderName;
  readonly provider: StoreProvider;
  readonly limits: UploadLimits;
}

/** Every provider of a process; each has one client. */
export interface Providers {
  /** That of the vector stores; without a key for it, one that refuses every call. */
  readonly store: StoreProvider;
  readonly uploads: readonly ConfiguredProvider[];
}

/** Makes the providers of a process. Throws as `createStoreProvider` does; sends nothing yet. */
export function createProviders(
  connections: { readonly store: Connection; readonly uploads: readonly Connection[] },
  meter: ProviderMeter,
): Providers {
  const { store, uploads } = connections;
  const configured = uploads.map(({ name, limits, ...connection }) => ({
    name,
    limits,
    provider: createStoreProvider({ name, ...connection, meter }),
  }));
  const found = configured.find(({ name }) => name === store.name)?.provider;
  return { store: found ?? createAbsentProvider(store.name, store.baseUrl), uploads: configured };
}
