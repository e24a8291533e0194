import type { CallOptions } from './port.ts';

/** Longest delay that timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The call was ended by its deadline or by the caller, before an answer was in. */
export class CallEnded extends Error {
  /** Whether the request may have left. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

export interface RunningCall {
  readonly signal: AbortSignal;
  /** To be called right before the request leaves; throws where the call has ended meanwhile. */
  readonly sending: () => void;
}

/**
 * Runs a call so that it ends by its deadline or by the caller's signal, even where the code inside heeds
 * neither. Rejects with {@link CallEnded} then.
 */
export async function withDeadline<T>(
  options: CallOptions,
  run: (call: RunningCall) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let sent = false;
  const ended = (why: string) => new CallEnded(why, sent);
  const { promise: end, reject } = Promise.withResolvers<never>();
  const stop = (why: string) => {
    reject(ended(why));
    controller.abort();
  };
  const cancelled = () => stop('cancelled by the caller');
  const sending = () => {
    if (controller.signal.aborted) throw ended('ended before it was sent');
    sent = true;
  };
  if (options.signal?.aborted === true) throw ended('cancelled before it was sent');
  if (!(options.deadlineMs > 0)) throw ended('no time left to send it');
  const timer = setTimeout(
    () => stop(`no answer within ${Math.round(options.deadlineMs)} ms`),
    Math.min(options.deadlineMs, MAX_TIMER_MS),
  );
  options.signal?.addEventListener('abort', cancelled, { once: true });
  try {
    const work = run({ signal: controller.signal, sending });
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', cancelled);
  }
}
