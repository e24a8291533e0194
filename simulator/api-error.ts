export interface ApiErrorDetails {
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** A refusal, answered in OpenAI's error shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly details: ApiErrorDetails;

  constructor(status: number, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** Makes the body of a refusal. */
export type ErrorShape = (message: string, details: ApiErrorDetails) => object;

/** OpenAI's. */
export function errorBody(message: string, details: ApiErrorDetails = {}) {
  return {
    error: {
      message,
      type: details.type ?? 'invalid_request_error',
      param: details.param ?? null,
      code: details.code ?? null,
    },
  };
}

export function badRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ApiError {
  return new ApiError(400, message, { param, code });
}

export function notFound(message: string): ApiError {
  return new ApiError(404, message);
}
