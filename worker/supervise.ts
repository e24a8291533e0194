import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Worker } from '@temporalio/worker';

const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 15_000;

export interface Attempt {
  readonly workers: readonly Worker[];
  /** Lets go of what the workers stood on. */
  readonly close: () => Promise<void>;
}

export interface SuperviseOptions {
  /** Makes workers ready to run; rejects while Temporal is away. */
  readonly start: () => Promise<Attempt>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Supervisor {
  /** All workers poll. */
  readonly isRunning: () => boolean;
  /** Resolves once `signal` was given and the workers have finished or handed back what they had. */
  readonly ended: Promise<void>;
}

/**
 * Keeps workers running. The SDK rides out a server that is away for a while, but ends a worker for good on what
 * it takes for a lasting fault, such as a namespace that is missing on a server just wiped.
 */
export function supervise(options: SuperviseOptions): Supervisor {
  let current: readonly Worker[] = [];
  const isRunning = () => current.length > 0 && current.every((worker) => worker.getState() === 'RUNNING');
  const ended = superviseLoop(options, (workers) => {
    current = workers;
  });
  return { isRunning, ended };
}

async function superviseLoop(
  { start, log, signal }: SuperviseOptions,
  show: (workers: readonly Worker[]) => void,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      const attempt = await start();
      show(attempt.workers);
      failures = 0;
      await runUntilEnd(attempt, signal, log);
    } catch (error) {
      failures += 1;
      log.warn({ err: error, failures }, 'the workers are not running; trying again');
    }
    show([]);
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 8));
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Runs all until one fails or the process stops; then stops the others too. */
async function runUntilEnd({ workers, close }: Attempt, signal: AbortSignal, log: Logger): Promise<void> {
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runs = workers.map((worker) => worker.run().finally(stop));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  else log.info('the workers run');
  const results = await Promise.allSettled(runs);
  signal.removeEventListener('abort', stop);
  await close().catch((error: unknown) => {
    log.warn({ err: error }, 'the connection to Temporal did not close');
  });
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined && !signal.aborted) throw failed.reason;
  if (failed !== undefined) log.warn({ err: failed.reason }, 'a worker did not end cleanly');
}
