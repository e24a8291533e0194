import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { buildApp } from '../api/app.ts';
import type { Jobs } from '../api/deps.ts';
import { VERSION } from '../api/settings.ts';
import type { LimitsAnswer } from '../contract/config.ts';
import type { FileMeter, Files } from '../files/contract.ts';
import type { Spool } from '../files/spool.ts';
import type { Leases } from '../leases/contract.ts';
import { createApiMetrics } from '../telemetry/metrics.ts';

/** Only described, never told. */
const LIMITS: LimitsAnswer = {
  providers: [],
  files: {
    allowed_extensions: [],
    max_file_bytes_per_user: 0,
    user_quota_bytes: 0,
    upload_timeout_seconds: 0,
    retention_days: 0,
  },
  mcp: { max_prompt_characters: 0, max_output_tokens: { default: 0, kimi: 0, glm: 0 } },
};

/** `docs/openapi.json`, from the routes that the api really has. */
export async function renderOpenApi(): Promise<string> {
  const app = await buildApp({
    // Only described, never called.
    leases: {} as Leases,
    files: {} as Files,
    spool: {} as Spool,
    fileMeter: {} as FileMeter,
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
      uploadTimeoutMs: 0,
      maxRequestBytes: 1,
      bodyTimeoutMs: 0,
      temporalNamespace: 'default',
      temporalUiUrl: undefined,
      version: VERSION,
      toolTimeouts: { toolMs: 0, workflowMs: 0 },
      limits: LIMITS,
    },
    jobs: {} as Jobs,
    sweep: () => Promise.reject(new Error('only described')),
    startFileRun: () => Promise.reject(new Error('only described')),
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
