import { PROVIDER_NAMES, type ProviderName, type UploadLimits } from '../domain/providers.ts';
import type { Config } from './schema.ts';
import { testModeUrl, TEST_MODE_KEYS } from './test-mode.ts';
import { uploadLimits } from './upload-limits.ts';

/** What a provider is made with, the meter apart, and what it takes of uploads. */
export interface ProviderConnection {
  readonly name: ProviderName;
  readonly baseUrl: string;
  /** Empty where none is configured: only in {@link providerConnection}. */
  readonly apiKey: string;
  readonly testMode: boolean;
  readonly concurrency: number;
  /** False: files only. */
  readonly offersStores: boolean;
  readonly limits: UploadLimits;
}

/** The provider whose vector stores are leased. */
const STORE_PROVIDER: ProviderName = 'openai';

const SETTINGS = {
  openai: { key: 'OPENAI_API_KEY', url: 'OPENAI_BASE_URL' },
  kimi: { key: 'KIMI_API_KEY', url: 'KIMI_API_URL' },
  glm: { key: 'GLM_API_KEY', url: 'GLM_API_URL' },
} as const satisfies Record<ProviderName, { key: keyof Config; url: keyof Config }>;

/** The settings with the keys of the providers, one of which is enough. */
export const KEY_SETTINGS = PROVIDER_NAMES.map((name) => SETTINGS[name].key);

/** The setting with the address of a provider. */
export function urlSetting(name: ProviderName): (typeof SETTINGS)[ProviderName]['url'] {
  return SETTINGS[name].url;
}

/**
 * The provider of the vector stores; in TEST_MODE the simulator, whatever key is set. Without a key for it
 * (`apiKey` is empty then) nothing can be leased.
 */
export function providerConnection(config: Config): ProviderConnection {
  return connectionTo(STORE_PROVIDER, config);
}

/**
 * The providers that files can be uploaded to, in the order of their names' list: those with a key; in TEST_MODE
 * all, and all are the simulator.
 */
export function providerConnections(config: Config): readonly ProviderConnection[] {
  const connections = PROVIDER_NAMES.map((name) => connectionTo(name, config));
  return connections.filter(({ apiKey }) => apiKey !== '');
}

function connectionTo(name: ProviderName, config: Config): ProviderConnection {
  const { key, url } = SETTINGS[name];
  const where = config.TEST_MODE
    ? { baseUrl: testModeUrl(name, config.SIMULATOR_URL), apiKey: TEST_MODE_KEYS[name] }
    : { baseUrl: config[url], apiKey: config[key] ?? '' };
  return {
    name,
    ...where,
    testMode: config.TEST_MODE,
    concurrency: config.PROVIDER_CONCURRENCY,
    offersStores: name === STORE_PROVIDER,
    limits: uploadLimits(config, name),
  };
}
