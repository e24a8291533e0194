import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Installs the SDK's runtime, once a process: its log goes through ours, its signal handlers stay off. */
export function installRuntime(log: Logger): void {
  Runtime.install({
    // The composition root owns the order of shutting down.
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error, ...fields } = meta ?? {};
      log[LEVELS[level]]({ ...fields, ...(error === undefined ? {} : { err: error }) }, message);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}

/** The SDK says at INFO what is routine for a service. */
const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
