import type { Config } from './schema.ts';

/** Not a secret: the simulator takes any key, and api and worker have to be one account there. */
export const TEST_MODE_KEY = 'test-mode';

/** What `createStoreProvider` is made with, the meter apart. */
export interface ProviderConnection {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly testMode: boolean;
  readonly concurrency: number;
}

/** The provider that this configuration means; in TEST_MODE the simulator, whatever key is set. */
export function providerConnection(config: Config): ProviderConnection {
  const concurrency = config.PROVIDER_CONCURRENCY;
  if (config.TEST_MODE) {
    return { baseUrl: config.SIMULATOR_URL ?? '', apiKey: TEST_MODE_KEY, testMode: true, concurrency };
  }
  return {
    baseUrl: config.OPENAI_BASE_URL,
    apiKey: config.OPENAI_API_KEY ?? '',
    testMode: false,
    concurrency,
  };
}
