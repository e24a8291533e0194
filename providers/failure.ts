/**
 * What a failed call means for the caller.
 * - `gone`: 404, the object does not exist in this account.
 * - `refused`: the request was understood and turned down (4xx); nothing happened.
 * - `full`: the account, or the store, holds as much as the provider allows; nothing happened.
 * - `unauthorized`: 401 or 403; says nothing about any object.
 * - `throttled`: 429; nothing happened.
 * - `unavailable`: the request certainly did not take effect (never sent, or a failed read).
 * - `ambiguous`: the request may have taken effect (time-out, dropped connection, 5xx, unreadable answer).
 */
export type FailureKind =
  'gone' | 'refused' | 'unauthorized' | 'full' | 'throttled' | 'unavailable' | 'ambiguous';

/**
 * What a failed attach complains of, beside its kind.
 * - `store_full`: of kind `full`.
 * - `store_not_ready`: the store has expired, is being made or deleted; of kind `refused` or `unavailable`.
 * - `store_missing`, `file_missing`: of kind `gone`. A file may be missing only for the first seconds after its upload.
 */
export type FailureReason = 'store_full' | 'store_not_ready' | 'store_missing' | 'file_missing';

export interface FailureDetails {
  readonly kind: FailureKind;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The provider's `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The answer claims, other than by a 404, that the object does not exist: a hint, no proof. */
  readonly deniesObject?: boolean;
  /** Of an attach only, and only where the answer says it. */
  readonly reason?: FailureReason | undefined;
  readonly cause?: unknown;
}

/** A failed provider call. The message is safe to store and show: shortened, secrets blanked. */
export class ProviderFailure extends Error {
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly deniesObject: boolean;
  readonly reason: FailureReason | undefined;

  constructor(message: string, details: FailureDetails) {
    super(message, { cause: details.cause });
    this.name = 'ProviderFailure';
    this.kind = details.kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.deniesObject = details.deniesObject ?? false;
    this.reason = details.reason;
  }
}
