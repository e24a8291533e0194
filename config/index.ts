/** The room's public face. Nothing else reads the environment. */
export { ConfigError, EXIT_BAD_CONFIG, exitOnConfigError } from './error.ts';
export type { Environment } from './environment.ts';
export { loadConfig, type LoadOptions } from './load.ts';
export { ledgerUrl, ledgerUrlFile } from './ledger-url.ts';
export { isLoopbackHost } from './loopback.ts';
export { requireProvider, requireServers, type Need } from './needs.ts';
export { loadProcessConfig, type ProcessConfig } from './process-config.ts';
export { providerConnection, providerConnections, type ProviderConnection } from './provider.ts';
export type { Config } from './schema.ts';
export { TEST_MODE_KEY, TEST_MODE_KEYS } from './test-mode.ts';
export { temporalConnectOptions, type TemporalConnectOptions } from './temporal.ts';
export { longestPeriodSeconds, shortestPeriodSeconds } from './cron-period.ts';
export { timeZoneOf } from './time-zone.ts';
export { toolTimeouts } from './tool-timeouts.ts';
export { configWarnings } from './warnings.ts';
