import type { FastifyReply, FastifyRequest } from 'fastify';
import { NOT_AUTHENTICATED_BODY, SESSION_NOT_FOUND_BODY } from '../contract/errors.ts';
import { RequestInvalid } from '../contract/request-invalid.ts';
import { ERROR_CODES, isServiceError, type ErrorCode, type ServiceError } from '../domain/errors.ts';
import type { ApiDeps } from './deps.ts';
import { BodyTooLarge } from './read-body.ts';
import { sendJson } from './send-json.ts';
import { HTTP_STATUS } from './status.ts';
import { NotAuthenticated } from './tokens.ts';
import { refuseTooLarge } from './too-large.ts';

/** The body of an error of the catalogue. */
export function errorBody(code: ErrorCode, detail: string, requestId: string): string {
  return JSON.stringify({ detail, code, request_id: requestId });
}

/** Makes an answer of every error: those meant for the caller in their own words, all else as `INTERNAL`. */
export function answerErrors(deps: Pick<ApiDeps, 'log' | 'metrics'>) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof RequestInvalid) {
      sendJson(reply, 422, JSON.stringify(error.body()));
    } else if (error instanceof NotAuthenticated) {
      reply.header('www-authenticate', 'Bearer');
      sendJson(reply, 401, NOT_AUTHENTICATED_BODY);
    } else if (isServiceError(error)) {
      answerServiceError(error, request, reply);
    } else if (error instanceof BodyTooLarge) {
      void refuseTooLarge(error, { request, reply, deps });
    } else {
      answerFrameworkError(error, { request, reply, log: deps.log });
    }
  };
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: ApiDeps['log'];
}

function answerServiceError(error: ServiceError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.code === 'SESSION_NOT_FOUND' && request.routeOptions.config.compatible === true) {
    sendJson(reply, 404, SESSION_NOT_FOUND_BODY);
    return;
  }
  if (error.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  const status = request.routeOptions.config.statuses?.[error.code] ?? HTTP_STATUS[error.code];
  sendJson(reply, status, errorBody(error.code, error.message, request.id));
}

function answerFrameworkError(error: unknown, exchange: Exchange): void {
  const { request, reply, log } = exchange;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) {
    sendJson(reply, status, errorBody('REQUEST_INVALID', ERROR_CODES.REQUEST_INVALID, request.id));
  } else {
    const { url } = request.routeOptions;
    log.error({ err: error, request_id: request.id, route: url ?? null }, 'request failed');
    sendJson(reply, 500, errorBody('INTERNAL', ERROR_CODES.INTERNAL, request.id));
  }
}
