import packageJson from '../package.json' with { type: 'json' };
import { toolTimeouts, type Config } from '../config/index.ts';
import { limitsOf } from './config-limits.ts';
import type { ApiSettings } from './deps.ts';

/** This version of the service, as the documentation and the metrics name it. */
export const VERSION: string = packageJson.version;

/** Every body that is small enough may take this long. */
const BODY_TIMEOUT_MS = 30_000;
/** 3 Mbit/s in bytes a millisecond, below which no client is waited for: 10 MiB take 28 s then. */
const SLOWEST_BYTES_PER_MS = 375;

/** What the façade needs of the configuration. */
export function apiSettings(config: Config): ApiSettings {
  return {
    apiToken: config.API_TOKEN,
    operatorToken: config.OPERATOR_TOKEN,
    corsOrigins: config.CORS_ORIGINS ?? [],
    rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
    allowNuke: config.ALLOW_NUKE,
    leaseSeconds: config.LEASE_SECONDS,
    acquireTimeoutMs: config.ACQUIRE_TIMEOUT_SECONDS * 1000,
    cleanupWaitMs: config.CLEANUP_WAIT_SECONDS * 1000,
    uploadTimeoutMs: config.UPLOAD_TIMEOUT * 1000,
    maxRequestBytes: config.MAX_REQUEST_SIZE,
    bodyTimeoutMs: Math.max(BODY_TIMEOUT_MS, Math.ceil(config.MAX_REQUEST_SIZE / SLOWEST_BYTES_PER_MS)),
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    temporalUiUrl: config.TEMPORAL_UI_URL,
    version: VERSION,
    toolTimeouts: toolTimeouts(config),
    limits: limitsOf(config),
  };
}
