import { isLoopbackHost } from './loopback.ts';
import { KEY_SETTINGS, providerConnections, urlSetting } from './provider.ts';
import type { Config } from './schema.ts';
import { configuredFileBytes, fileSizeSetting } from './upload-limits.ts';

/** Settings that work and that someone should know about; logged once at start. */
export function configWarnings(config: Config): string[] {
  const warnings: string[] = [];
  if (!isLoopbackHost(config.HOST) && config.API_TOKEN === undefined) {
    warnings.push(
      `ALLOW_UNAUTHENTICATED: anyone who reaches ${config.HOST}:${config.PORT} may use and end every lease.`,
    );
  }
  return [...warnings, ...providerWarnings(config)];
}

/** What is odd about the providers: keys that are not used, limits that do not count, keys that others can read. */
function providerWarnings(config: Config): string[] {
  if (config.TEST_MODE) {
    const ignored = KEY_SETTINGS.filter((name) => config[name] !== undefined);
    if (ignored.length === 0) return [];
    const are = ignored.length === 1 ? 'is' : 'are';
    return [`TEST_MODE: the simulator is used; ${ignored.join(', ')} ${are} ignored.`];
  }
  const connections = providerConnections(config);
  const preferred = config.PREFERRED_PROVIDER;
  const isPreferredOff = preferred !== undefined && connections.every(({ name }) => name !== preferred);
  return [
    ...(isPreferredOff ? [`PREFERRED_PROVIDER: no key of ${preferred} is set; uploads go elsewhere.`] : []),
    ...connections.flatMap(({ name, baseUrl, limits }) => [
      ...(sendsKeyInClear(baseUrl) ? [`${urlSetting(name)}: the key travels unencrypted.`] : []),
      ...(limits.maxFileBytes < configuredFileBytes(config, name)
        ? [
            `${fileSizeSetting(name)}: ${name} itself takes no file of more than ${limits.maxFileBytes} bytes.`,
          ]
        : []),
    ]),
  ];
}

function sendsKeyInClear(baseUrl: string): boolean {
  const url = new URL(baseUrl);
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname);
}
