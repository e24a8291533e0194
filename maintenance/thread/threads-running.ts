import type { Worker } from 'node:worker_threads';

const running = new Set<Worker>();
const cutOff = new WeakSet<Worker>();

/** Counts the thread until it has ended. */
export function counted(worker: Worker): Worker {
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
  return worker;
}

/** How many threads of jobs have not ended yet, those among them that were left behind in a call of the system. */
export const threadsRunning = (): number => running.size;

/** Ends all of them at once, but those that are in a call of the system: they end with that. */
export function endThreads(): void {
  for (const worker of running) {
    cutOff.add(worker);
    void worker.terminate();
  }
}

/** Whether {@link endThreads} has ended it: its exit code may be 0 all the same. */
export const wasCutOff = (worker: Worker): boolean => cutOff.has(worker);
