import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { buildApp } from '../api/app.ts';
import { VERSION } from '../api/settings.ts';
import type { Leases } from '../leases/contract.ts';
import { createApiMetrics } from '../telemetry/metrics.ts';

/** `docs/openapi.json`, from the routes that the api really has. */
export async function renderOpenApi(): Promise<string> {
  const app = await buildApp({
    // Only described, never called.
    leases: {} as Leases,
    log: pino({ level: 'silent' }),
    metrics: createApiMetrics(),
    settings: {
      apiToken: undefined,
      operatorToken: undefined,
      corsOrigins: [],
      rateLimitPerMinute: 0,
      allowNuke: false,
      leaseSeconds: 0,
      acquireTimeoutMs: 0,
      cleanupWaitMs: 0,
      temporalNamespace: 'default',
      temporalUiUrl: undefined,
      version: VERSION,
    },
    sweep: () => Promise.resolve(undefined),
    readiness: () => Promise.resolve({}),
  });
  try {
    const answer = await app.inject({ url: '/openapi.json', headers: { host: 'localhost' } });
    const options = await resolveConfig(new URL('../docs/openapi.json', import.meta.url));
    return await format(answer.body, { ...options, parser: 'json' });
  } finally {
    await app.close();
  }
}
