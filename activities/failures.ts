import { ApplicationFailure } from '@temporalio/common';
import { ERROR_CODES, isServiceError, type ErrorCode, type ServiceError } from '../domain/errors.ts';

/**
 * Whether Temporal tries again. Total by type: a new code does not compile until it is decided. False where the
 * answer would be the same however often it is asked.
 */
const RETRYABLE: Readonly<Record<ErrorCode, boolean>> = {
  SESSION_NOT_FOUND: false,
  LEASE_REPLACED: false,
  LEASE_PROTECTED: false,
  LEASE_FULL: false,
  LEASE_SETTLING: true,
  FILE_BEING_DELETED: false,
  STORE_LEASED: false,
  ACQUIRE_TIMEOUT: true,
  PROVIDER_REFUSED: true,
  PROVIDER_UNAVAILABLE: true,
  PROVIDER_THROTTLED: true,
  PROVIDER_HAS_NO_STORES: true,
  PROVIDER_UNKNOWN: false,
  PROVIDER_FILE_COUNT_REACHED: true,
  ALL_PROVIDERS_UNAVAILABLE: true,
  UPLOADS_BUSY: true,
  UPLOAD_TIMEOUT: true,
  SPOOL_UNAVAILABLE: true,
  EXTENSION_NOT_ALLOWED: false,
  FILE_EMPTY: false,
  FILENAME_INVALID: false,
  MULTIPART_INVALID: false,
  QUOTA_EXCEEDED: false,
  FILE_TOO_LARGE: false,
  FILE_NOT_FOUND: false,
  FILE_IN_USE: false,
  FILE_ID_AMBIGUOUS: false,
  STORE_NOT_READY: true,
  STORE_FULL: false,
  JOB_RUNNING: true,
  JOB_OFF: false,
  BACKUPS_UNAVAILABLE: true,
  LEDGER_UNAVAILABLE: true,
  TEMPORAL_UNAVAILABLE: true,
  CAPACITY_EXHAUSTED: true,
  NOT_STUCK: false,
  DELETIONS_PAUSED: true,
  SWEEP_RUNNING: true,
  NUKE_DISABLED: false,
  HOST_FORBIDDEN: false,
  OPERATOR_ONLY: false,
  RATE_LIMITED: true,
  REQUEST_INVALID: false,
  URI_INVALID: false,
  INTERNAL: true,
  INSTANCE_MISMATCH: false,
  ACCOUNT_CHANGED: true,
};

/**
 * What crosses into Temporal: a code of the catalogue as the failure's type and its own sentence. Any other error
 * stays in the log, because histories are kept and shown, and its text may hold a secret.
 */
export function toFailure(error: unknown): ApplicationFailure {
  if (!isServiceError(error)) {
    return ApplicationFailure.create({ message: ERROR_CODES.INTERNAL, type: 'INTERNAL' });
  }
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !RETRYABLE[error.code],
    ...retryDelay(error),
  });
}

function retryDelay({ retryAfterSeconds }: ServiceError): { nextRetryDelay?: number } {
  return retryAfterSeconds === undefined ? {} : { nextRetryDelay: retryAfterSeconds * 1_000 };
}
