/** First wait after a failed deletion; doubles with each further failure. */
const FIRST_WAIT_MS = 1_000;
/** Longest wait before a lease is stuck: a provider that recovers is noticed within a minute. */
const MAX_WAIT_MS = 60_000;

export interface RetryInput {
  /** Failed attempts so far, this one included; at least 1. */
  readonly attempts: number;
  /** The provider's own `Retry-After`, in milliseconds, where it sent one. */
  readonly retryAfterMs: number | undefined;
  readonly stuck: boolean;
  readonly stuckRetryMs: number;
}

/** Milliseconds until the next try. The provider's wish is honoured, a stuck lease is retried slowly. */
export function nextTryMs(input: RetryInput): number {
  const backoff = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(input.attempts - 1, 16));
  const wait = input.stuck ? input.stuckRetryMs : backoff;
  return Math.max(wait, input.retryAfterMs ?? 0);
}
