import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadMessage, ThreadStart } from './messages.ts';

/** What the work inside a thread has of the world outside. */
export interface ThreadSide<Progress> {
  readonly throwIfStopped: () => void;
  readonly heartbeat: (progress: Progress) => void;
}

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

/** Does the work of a thread that `runInThread` has started, and says what came of it. */
export async function threadMain<Input, Progress = unknown>(
  work: (input: Input, side: ThreadSide<Progress>) => Promise<unknown>,
): Promise<void> {
  const { input, stop } = workerData as ThreadStart;
  const throwIfStopped = () => {
    if (Atomics.load(stop, 0) !== 0) throw new Error('stopped');
  };
  try {
    const answer = await work(input as Input, {
      throwIfStopped,
      heartbeat: (progress) => say({ kind: 'beat', progress }),
    });
    say({ kind: 'done', answer });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code });
  }
}
