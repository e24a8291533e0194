import {
  ErrorAnswer,
  InvalidAnswer,
  NotAuthenticatedAnswer,
  SessionNotFoundAnswer,
  TooLargeAnswer,
} from './errors.ts';

/** Refusals that every guarded route shares. */
export const GuardAnswers = {
  401: NotAuthenticatedAnswer,
  403: ErrorAnswer('HOST_FORBIDDEN'),
  429: ErrorAnswer('RATE_LIMITED'),
  500: ErrorAnswer('INTERNAL'),
};

/** The same for a route that only the operator may call, where there is one. */
export const OperatorAnswers = { ...GuardAnswers, 403: ErrorAnswer('OPERATOR_ONLY', 'HOST_FORBIDDEN') };

/** Refusals of routes that read a path, a query or a body and ask the ledger. */
export const CallAnswers = {
  413: TooLargeAnswer,
  422: InvalidAnswer,
  503: ErrorAnswer('LEDGER_UNAVAILABLE'),
};

/** Refusals of calls that renew a live lease. */
export const RenewingAnswers = {
  404: SessionNotFoundAnswer,
  409: ErrorAnswer('LEASE_REPLACED'),
  503: ErrorAnswer('LEDGER_UNAVAILABLE', 'LEASE_SETTLING'),
};
