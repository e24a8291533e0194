import type { ProviderName } from '../domain/providers.ts';

/**
 * Keys for TEST_MODE. Not secret: the simulator takes any key, and api and worker have to be one account there.
 */
export const TEST_MODE_KEYS: Readonly<Record<ProviderName, string>> = {
  openai: 'test-mode',
  kimi: 'test-mode-kimi',
  glm: 'test-mode-glm',
};
/** That of the provider of stores. */
export const TEST_MODE_KEY = TEST_MODE_KEYS.openai;

/** Where the simulator plays the providers that have no stores, below its origin. */
const PATHS = { kimi: '/kimi/v1', glm: '/glm/v4' };

/** Where the simulator at `simulatorUrl` plays the provider; empty as long as nobody has said where it is. */
export function testModeUrl(name: ProviderName, simulatorUrl: string | undefined): string {
  if (simulatorUrl === undefined) return '';
  return name === 'openai' ? simulatorUrl : new URL(simulatorUrl).origin + PATHS[name];
}
