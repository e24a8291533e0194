/**
 * What a failed call means for the caller.
 * - `gone`: 404, the object does not exist in this account.
 * - `refused`: the request was understood and turned down (4xx); nothing happened.
 * - `full`: the account holds as many stores as the provider allows; nothing happened.
 * - `unauthorized`: 401 or 403; says nothing about any object.
 * - `throttled`: 429; nothing happened.
 * - `unavailable`: the request certainly did not take effect (never sent, or a failed read).
 * - `ambiguous`: the request may have taken effect (time-out, dropped connection, 5xx, unreadable answer).
 */
export type FailureKind =
  'gone' | 'refused' | 'unauthorized' | 'full' | 'throttled' | 'unavailable' | 'ambiguous';

export interface FailureDetails {
  readonly kind: FailureKind;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The provider's `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The answer claims, other than by a 404, that the object does not exist: a hint, no proof. */
  readonly deniesObject?: boolean;
  readonly cause?: unknown;
}

/** A failed provider call. The message is safe to store and show: shortened, secrets blanked. */
export class ProviderFailure extends Error {
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly deniesObject: boolean;

  constructor(message: string, details: FailureDetails) {
    super(message, { cause: details.cause });
    this.name = 'ProviderFailure';
    this.kind = details.kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.deniesObject = details.deniesObject ?? false;
  }
}
