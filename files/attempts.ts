import { ServiceError, type ErrorCode } from '../domain/errors.ts';
import type { ProviderFailure } from '../providers/failure.ts';

/** Retry-After where a provider is away and named no time of its own. */
const UNAVAILABLE_RETRY_SECONDS = 5;
/** Retry-After of a full account: until a deletion that is under way may be proven. */
const FULL_RETRY_SECONDS = 60;

/** A candidate that did not take the file although another time it may. */
export interface Attempt {
  /** `full`: its account holds as many files, or bytes, as it may. */
  readonly why: 'full' | 'throttled' | 'unavailable';
  readonly retryAfterMs?: number | undefined;
}

export const FULL: Attempt = { why: 'full' };

/** What a failed call means for the candidate; `undefined` where no waiting helps, and no other provider is asked. */
export function attemptOf(failure: ProviderFailure): Attempt | undefined {
  const { kind, retryAfterMs } = failure;
  switch (kind) {
    case 'full':
      return { ...FULL, retryAfterMs };
    case 'throttled':
      return { why: 'throttled', retryAfterMs };
    case 'unavailable':
    case 'ambiguous':
      return { why: 'unavailable', retryAfterMs };
    case 'gone':
    case 'refused':
    case 'unauthorized':
      return undefined;
  }
}

function waitSeconds({ why, retryAfterMs }: Attempt): number {
  if (retryAfterMs !== undefined) return Math.max(1, Math.ceil(retryAfterMs / 1000));
  return why === 'full' ? FULL_RETRY_SECONDS : UNAVAILABLE_RETRY_SECONDS;
}

function codeOf(attempts: readonly Attempt[], asked: boolean): ErrorCode {
  if (attempts.every(({ why }) => why === 'full')) return 'PROVIDER_FILE_COUNT_REACHED';
  if (!asked) return 'ALL_PROVIDERS_UNAVAILABLE';
  return attempts.some(({ why }) => why === 'throttled') ? 'PROVIDER_THROTTLED' : 'PROVIDER_UNAVAILABLE';
}

/** The answer where no candidate is left; `asked`: there was one only, because the caller named it. */
export function noneLeft(attempts: readonly Attempt[], asked: boolean): ServiceError {
  return new ServiceError(codeOf(attempts, asked), {
    retryAfterSeconds: Math.min(...attempts.map(waitSeconds)),
  });
}
