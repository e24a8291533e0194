import { ProviderFailure } from '../../providers/failure.ts';
import type { CallOptions } from '../../providers/port.ts';
import { HeldBack } from './held-back.ts';

/** A call as the breaker sees it. */
export interface LimitedCall {
  readonly operation: 'create' | 'read' | 'update' | 'delete';
  readonly on: 'store' | 'file';
  /** What it is about: a failure of the same target again makes the row no longer. */
  readonly target: string;
  readonly options: CallOptions;
}

/**
 * What a finished call says of the provider.
 * - `worked`: it answered, be it with a refusal.
 * - `missing`: it answered that it knows no such store.
 * - `failed`: it was away, or overloaded.
 * - `nothing`.
 */
export type Outcome =
  | { readonly kind: 'worked' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly retryAfterMs: number };

export const WORKED: Outcome = { kind: 'worked' };
export const NOTHING: Outcome = { kind: 'nothing' };

/** 409, 423 and 425 are about the one object; 408 and 5xx about the provider. */
function isAboutTheObject(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408;
}

/** Whether the call uploads a file. */
export function isUpload(call: LimitedCall): boolean {
  return call.operation === 'create' && call.on === 'file';
}

/** What a call that threw `error` says of the provider. */
export function outcomeOf(error: unknown, call: LimitedCall): Outcome {
  if (!(error instanceof ProviderFailure) || error instanceof HeldBack) return NOTHING;
  if (call.options.signal?.aborted === true) return NOTHING;
  switch (error.kind) {
    case 'gone':
      return call.on === 'store' && call.options.mayBeMissing !== true ? { kind: 'missing' } : WORKED;
    // Without the right to ask, nothing is better for waiting, but the provider is there.
    case 'full':
    case 'refused':
    case 'unauthorized':
      return WORKED;
    case 'throttled':
      // A full account may refuse creates and uploads so; to hold back deletions for that would keep it full. Nor does
      // an open breaker spare anything: whoever uploads is told at once, and goes to the next provider.
      return call.operation === 'create' ? NOTHING : failed(error);
    case 'unavailable':
    case 'ambiguous':
      return isAboutTheObject(error.status) ? WORKED : failed(error);
  }
}

function failed(error: ProviderFailure): Outcome {
  return { kind: 'failed', retryAfterMs: error.retryAfterMs ?? 0 };
}
