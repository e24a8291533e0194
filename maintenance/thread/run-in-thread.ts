import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ThreadError, type ThreadMessage, type ThreadStart } from './messages.ts';

/** What a job gets from its surroundings; the heartbeat may carry how far it has come. */
export interface ThreadContext<Progress> {
  readonly signal: AbortSignal;
  readonly heartbeat: (progress: Progress) => void;
}

/**
 * Runs a module of the kind `threadMain` makes in a thread of its own. SQLite's calls are synchronous: a wait for a
 * lock or a check of a large database would hold up everything else in the process, the expiry of leases included.
 *
 * Resolves with the thread's answer and rejects with its failure, a {@link ThreadError}, once it has ended; after
 * an abort with the signal's reason.
 */
export async function runInThread<Answer, Progress = unknown>(
  module: URL,
  input: unknown,
  context: ThreadContext<Progress>,
): Promise<Answer> {
  context.signal.throwIfAborted();
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const start: ThreadStart = { input, stop };
  const onAbort = () => void Atomics.store(stop, 0, 1);
  context.signal.addEventListener('abort', onAbort, { once: true });
  const worker = new Worker(module, { workerData: start });
  try {
    return (await outcome(worker, context.heartbeat)) as Answer;
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

async function outcome<Progress>(worker: Worker, heartbeat: (progress: Progress) => void): Promise<unknown> {
  const ended = once(worker, 'exit');
  let last: ThreadMessage | undefined;
  worker.on('message', (message: ThreadMessage) => {
    if (message.kind === 'beat') heartbeat(message.progress as Progress);
    else last = message;
  });
  // Rejects where the thread itself breaks: what it threw is the reason.
  await ended;
  if (last?.kind === 'done') return last.answer;
  if (last?.kind === 'failed') throw new ThreadError(last.message, last.code);
  throw new ThreadError('the thread ended without an answer', undefined);
}
