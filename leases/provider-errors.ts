import { ServiceError, type ErrorCode } from '../domain/errors.ts';
import { ProviderFailure } from '../providers/failure.ts';
import { fullAtProvider } from './capacity.ts';
import type { LeaseDeps } from './deps.ts';

/** Retry-After where the provider is away and named no time of its own. */
const UNAVAILABLE_RETRY_SECONDS = 5;

export interface CreateVerdict {
  readonly errorCode: Extract<
    ErrorCode,
    'CAPACITY_EXHAUSTED' | 'PROVIDER_REFUSED' | 'PROVIDER_THROTTLED' | 'PROVIDER_UNAVAILABLE'
  >;
  readonly retryAfterSeconds: number | null;
  /** The request may have made a store although it failed. */
  readonly mayHaveMade: boolean;
}

function seconds(ms: number | undefined, fallback: number): number {
  return ms === undefined ? fallback : Math.max(1, Math.ceil(ms / 1000));
}

/** What a failed create means; an error that is not the provider's is thrown on. */
export function createVerdict(error: unknown): CreateVerdict {
  if (!(error instanceof ProviderFailure)) throw error;
  switch (error.kind) {
    case 'full':
      return { errorCode: 'CAPACITY_EXHAUSTED', retryAfterSeconds: null, mayHaveMade: false };
    case 'gone':
    case 'refused':
    case 'unauthorized':
      return { errorCode: 'PROVIDER_REFUSED', retryAfterSeconds: null, mayHaveMade: false };
    case 'throttled':
      return {
        errorCode: 'PROVIDER_THROTTLED',
        retryAfterSeconds: seconds(error.retryAfterMs, 1),
        mayHaveMade: false,
      };
    case 'unavailable':
    case 'ambiguous':
      return {
        errorCode: 'PROVIDER_UNAVAILABLE',
        retryAfterSeconds: seconds(error.retryAfterMs, UNAVAILABLE_RETRY_SECONDS),
        mayHaveMade: error.kind === 'ambiguous',
      };
  }
}

/** The answer that everybody who waits for a failed claim gets; that of a full account tells how it is now. */
export async function claimFailure(
  deps: LeaseDeps,
  code: ErrorCode,
  retryAfterSeconds: number | null,
): Promise<ServiceError> {
  if (code === 'CAPACITY_EXHAUSTED') return fullAtProvider(deps);
  return new ServiceError(code, retryAfterSeconds === null ? {} : { retryAfterSeconds });
}
