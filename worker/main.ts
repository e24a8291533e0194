/** `npm run worker`: workflows, deletions, outbox. Exit codes: 0 stopped, 1 crashed, 2 cannot run as configured. */
import { EXIT_BAD_CONFIG, loadProcessConfig } from '../config/index.ts';
import { createLogger } from '../telemetry/logger.ts';
import { endProcess } from '../maintenance/index.ts';
import { limitHeap } from './limit-heap.ts';
import { runWorker } from './run.ts';
import { installRuntime } from './runtime.ts';
import { LedgerRefused } from '../leases/index.ts';

/** Stopping takes at most 10 s: 8 s for the workers, the rest for connections. */
const FORCE_EXIT_MS = 10_000;

const loaded = loadProcessConfig(['provider', 'servers', 'simulator']);
const log = createLogger(loaded.config, 'worker');
const stopping = new AbortController();

function fail(error: unknown): void {
  if (stopping.signal.aborted) return endProcess(0, log);
  log.fatal({ err: error }, 'the worker cannot go on');
  process.stderr.write(`worker: ${error instanceof Error ? error.message : String(error)}\n`);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  endProcess(error instanceof LedgerRefused || code === 'EADDRINUSE' ? EXIT_BAD_CONFIG : 1, log);
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    // A group and its leader are often signalled both: the second signal says nothing new.
    if (stopping.signal.aborted) return;
    log.info({ event: 'worker_stopping' }, 'stopping');
    stopping.abort();
    // What still runs then is handed back: its timeout gives it to another worker.
    setTimeout(() => endProcess(0, log), FORCE_EXIT_MS).unref();
  });
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

try {
  limitHeap();
  installRuntime(log);
  await runWorker(loaded, log, stopping.signal);
  endProcess(0, log);
} catch (error) {
  fail(error);
}
