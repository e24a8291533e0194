import type { ProviderName } from '../domain/providers.ts';
import { isLoopback, normalBaseUrl } from './base-url.ts';
import type { ProviderMeter } from './caller.ts';
import { createOpenAIProvider } from './openai.ts';
import type { StoreProvider } from './port.ts';

export type { ProviderMeter } from './caller.ts';

export interface ProviderOptions {
  /** Default `openai`. */
  readonly name?: ProviderName;
  /** Default: only `openai` does. */
  readonly offersStores?: boolean;
  /** With the path that the routes follow, such as `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly testMode: boolean;
  /** Deletions under way at once. */
  readonly concurrency: number;
  readonly meter: ProviderMeter;
  /** Refuse any base URL off this machine: tests, bench and demo. Always on in test mode. */
  readonly loopbackOnly?: boolean;
}

/** The key as a header can carry it. The error does not quote it. */
function sendableKey(apiKey: string): string {
  const key = apiKey.trim();
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new Error('The provider key is empty or holds characters that cannot be sent.');
  return key;
}

/** The provider account of this process. Throws for a base URL or key that cannot be used; sends nothing yet. */
export function createStoreProvider(options: ProviderOptions): StoreProvider {
  const baseUrl = normalBaseUrl(options.baseUrl);
  if ((options.testMode || options.loopbackOnly === true) && !isLoopback(baseUrl)) {
    throw new Error(`Only a provider on this machine may be used here, not ${new URL(baseUrl).host}.`);
  }
  const { name = 'openai', offersStores = name === 'openai', testMode, concurrency, meter } = options;
  const apiKey = sendableKey(options.apiKey);
  return createOpenAIProvider({ name, offersStores, baseUrl, apiKey, testMode, concurrency, meter });
}
