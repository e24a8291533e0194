/** `npm run api`: the HTTP process. Exit codes: 0 stopped, 1 crashed, 2 cannot run as configured. */
import { EXIT_BAD_CONFIG, loadProcessConfig } from '../config/index.ts';
import { endProcess } from '../maintenance/index.ts';
import { createLogger } from '../telemetry/logger.ts';
import { runApi } from './run.ts';
import { LedgerRefused } from '../leases/index.ts';

/** Draining takes at most 10 s; what still holds the process after that is not worth waiting for. */
const FORCE_EXIT_MS = 12_000;

const loaded = loadProcessConfig(['provider', 'servers', 'simulator']);
const log = createLogger(loaded.config, 'api');
const stopping = new AbortController();

function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isRefused = error instanceof LedgerRefused || code === 'EADDRINUSE' || code === 'EACCES';
  return isRefused ? EXIT_BAD_CONFIG : 1;
}

function fail(error: unknown): void {
  if (stopping.signal.aborted) return endProcess(0, log);
  log.fatal({ err: error }, 'the api cannot go on');
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`api: ${message}\n`);
  endProcess(exitCodeOf(error), log);
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    // A group and its leader are often signalled both: the second signal says nothing new.
    if (stopping.signal.aborted) return;
    stopping.abort();
    setTimeout(() => endProcess(1, log), FORCE_EXIT_MS).unref();
  });
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const stopped = new Promise<void>((resolve) => {
  stopping.signal.addEventListener('abort', () => {
    resolve();
  });
});

try {
  const api = await runApi(loaded, log, stopping.signal);
  await Promise.race([stopped, api.failed]);
  log.info({ event: 'api_stopping' }, 'stopping');
  await api.stop();
  endProcess(0, log);
} catch (error) {
  fail(error);
}
