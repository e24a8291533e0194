import { isLoopbackHost } from './loopback.ts';
import type { Config } from './schema.ts';

/** Settings that work and that someone should know about; logged once at start. */
export function configWarnings(config: Config): string[] {
  const warnings: string[] = [];
  if (!isLoopbackHost(config.HOST) && config.API_TOKEN === undefined) {
    warnings.push(
      `ALLOW_UNAUTHENTICATED: anyone who reaches ${config.HOST}:${config.PORT} may use and end every lease.`,
    );
  }
  if (config.TEST_MODE && config.OPENAI_API_KEY !== undefined) {
    warnings.push('TEST_MODE: the simulator is used; OPENAI_API_KEY is ignored.');
  }
  if (!config.TEST_MODE && sendsKeyInClear(config.OPENAI_BASE_URL)) {
    warnings.push('OPENAI_BASE_URL: the key travels unencrypted.');
  }
  return warnings;
}

function sendsKeyInClear(baseUrl: string): boolean {
  const url = new URL(baseUrl);
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname);
}
