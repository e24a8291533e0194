import type { Worker } from 'node:worker_threads';

let running = 0;

/** Counts the thread until it has ended. */
export function counted(worker: Worker): Worker {
  running += 1;
  worker.once('exit', () => (running -= 1));
  return worker;
}

/**
 * How many threads of jobs have not ended yet, those among them that were left behind in a call of the system. Node waits
 * for each when it exits, however long that takes: a process with one that hangs can only be killed.
 */
export const threadsRunning = (): number => running;
