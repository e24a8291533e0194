/**
 * The catalogue of every error the service answers with. The HTTP status lives in `api/`, whether Temporal
 * retries in `activities/`; `docs/errors.md` is checked against this list by a test.
 */
export const ERROR_CODES = {
  SESSION_NOT_FOUND: 'Session not found',
  LEASE_REPLACED: 'The lease named in X-Lease-Id has ended and another lease of this session is live.',
  LEASE_PROTECTED: 'The lease is protected; release it with force=true.',
  LEASE_FULL: 'The lease already tracks as many entries as one lease may.',
  LEASE_SETTLING: 'The lease is still being made; try again shortly.',
  FILE_BEING_DELETED: 'A file in the list is being deleted and can no longer be tracked.',
  STORE_LEASED: 'Another lease holds that vector store, or it is deleted or about to be.',
  ACQUIRE_TIMEOUT: 'The vector store was not ready in time; the same request may be repeated.',
  PROVIDER_REFUSED: 'The provider refused the request.',
  PROVIDER_UNAVAILABLE: 'The provider is unavailable.',
  PROVIDER_THROTTLED: 'The provider is throttling requests.',
  PROVIDER_HAS_NO_STORES: 'No configured provider offers vector stores.',
  PROVIDER_UNKNOWN: 'No such provider is configured.',
  PROVIDER_FILE_COUNT_REACHED: 'The provider account holds as many files as it may.',
  ALL_PROVIDERS_UNAVAILABLE: 'No provider can take the file at the moment.',
  UPLOADS_BUSY: 'Too many uploads are under way.',
  UPLOAD_TIMEOUT: 'The upload was not finished in time; the same request may be repeated.',
  SPOOL_UNAVAILABLE: 'The file cannot be received: there is no room for it on this machine.',
  EXTENSION_NOT_ALLOWED: 'Files with this extension are not accepted.',
  FILE_EMPTY: 'The file is empty.',
  FILENAME_INVALID: 'The file needs a name with an extension, without path and without control characters.',
  MULTIPART_INVALID: 'The body is not a multipart form with exactly one part `file`.',
  QUOTA_EXCEEDED: 'The upload would exceed the quota of this user.',
  FILE_TOO_LARGE: 'The file is larger than the provider takes.',
  FILE_NOT_FOUND: 'No such file.',
  FILE_IN_USE: 'Others still hold the file; your own hold has ended.',
  FILE_ID_AMBIGUOUS: 'Several providers have a file of this id; name the provider.',
  STORE_NOT_READY: "The session's vector store does not take files at the moment.",
  STORE_FULL: "The session's vector store holds as many files as it may.",
  JOB_RUNNING: 'This job is running already.',
  JOB_OFF: 'Nothing is configured for this job.',
  BACKUPS_UNAVAILABLE: 'The disk with the backups does not answer.',
  LEDGER_UNAVAILABLE: 'The database is unavailable.',
  TEMPORAL_UNAVAILABLE: 'Temporal is unavailable.',
  CAPACITY_EXHAUSTED: 'The provider account holds as many vector stores as it may.',
  NOT_STUCK: 'Nothing of this session is stuck.',
  DELETIONS_PAUSED: 'Deletions are paused.',
  SWEEP_RUNNING: 'A sweep is running already.',
  NUKE_DISABLED: 'Nuke is disabled; set ALLOW_NUKE=true to allow it.',
  HOST_FORBIDDEN: 'Requests to this host name or from this origin are not accepted.',
  OPERATOR_ONLY: 'This route needs the operator token.',
  RATE_LIMITED: 'Too many requests.',
  REQUEST_INVALID: 'The request could not be understood.',
  URI_INVALID: 'The request path is not valid.',
  INTERNAL: 'Internal error.',
  INSTANCE_MISMATCH: 'This workflow belongs to another installation.',
  ACCOUNT_CHANGED:
    'The provider key changed; nothing of this installation has been seen through the new one yet.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ServiceErrorOptions {
  /** Sentence for the caller; the catalogue's own where absent. */
  readonly detail?: string;
  /** Seconds for a `Retry-After` header, whole and at least 1. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error the caller may see: a code of the catalogue and a sentence that never quotes a provider. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: ServiceErrorOptions = {}) {
    super(options.detail ?? ERROR_CODES[code], { cause: options.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** True for an error of the catalogue, optionally of one given code. */
export function isServiceError(error: unknown, code?: ErrorCode): error is ServiceError {
  return error instanceof ServiceError && (code === undefined || error.code === code);
}
