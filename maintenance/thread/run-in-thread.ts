import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ThreadError, type ThreadMessage, type ThreadStart } from './messages.ts';
import { counted } from './threads-running.ts';

/**
 * How long a thread may take to see that it shall stop: a second less than the worker, when it stops, leaves a job that
 * it has cancelled. One that waits for a disk which does not answer sees nothing, and cannot be ended either: it is left
 * behind, and ends with its call.
 */
const GRACE_MS = 5_000;

/** What a job gets from its surroundings; the heartbeat may carry how far it has come. */
export interface ThreadContext<Progress> {
  readonly signal: AbortSignal;
  readonly heartbeat: (progress: Progress) => void;
  /**
   * How long after an abort the thread is waited for, {@link GRACE_MS} unless said otherwise; null = until it has ended,
   * for what must not be cut off.
   */
  readonly graceMs?: number | null;
}

/**
 * Runs a module of the kind `threadMain` makes in a thread of its own. SQLite's calls are synchronous: a wait for a
 * lock or a check of a large database would hold up everything else in the process, the expiry of leases included.
 *
 * Resolves with the thread's answer and rejects with its failure, a {@link ThreadError}, once it has ended. After an
 * abort it rejects with the signal's reason, at the latest when the grace is over: then the thread may be in a call of
 * the system yet, after which it does nothing more.
 */
export async function runInThread<Answer, Progress = unknown>(
  module: URL,
  input: unknown,
  { signal, heartbeat, graceMs = GRACE_MS }: ThreadContext<Progress>,
): Promise<Answer> {
  signal.throwIfAborted();
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const start: ThreadStart = { input, stop };
  const overdue = Promise.withResolvers<never>();
  let grace: NodeJS.Timeout | undefined;
  const worker = counted(new Worker(module, { workerData: start }));
  const onAbort = () => {
    Atomics.store(stop, 0, 1);
    if (graceMs !== null) grace = setTimeout(() => overdue.reject(signal.reason), graceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return (await Promise.race([outcome(worker, heartbeat), overdue.promise])) as Answer;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', onAbort);
    // Not waited for: who has ended needs it no more, and who hangs in a call does not hear it before that returns.
    void worker.terminate();
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
