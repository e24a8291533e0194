import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { parseFlag } from '../contract/flag.ts';
import { ServiceError } from '../domain/errors.ts';
import type { Access, ApiSettings } from './deps.ts';

/** Raised for a missing or wrong token; the answer says nothing more. */
export class NotAuthenticated extends Error {
  readonly statusCode = 401;
}

/** What a request's token makes of its caller. */
export type Caller = 'anyone' | 'client' | 'operator';

type TokenSettings = Pick<ApiSettings, 'apiToken' | 'operatorToken'>;

const digest = (token: string): Buffer => hash('sha256', token, 'buffer');

/** Tells who calls. Digests of equal length are compared, in constant time. */
export function identifyCaller(settings: TokenSettings): (authorization: string | undefined) => Caller {
  const client = settings.apiToken === undefined ? undefined : digest(settings.apiToken);
  const operator = settings.operatorToken === undefined ? undefined : digest(settings.operatorToken);
  return (authorization) => {
    const token = /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'anyone';
    const given = digest(token);
    const isOperator = operator !== undefined && timingSafeEqual(given, operator);
    const isClient = client !== undefined && timingSafeEqual(given, client);
    if (isOperator) return 'operator';
    return isClient ? 'client' : 'anyone';
  };
}

/** Refuses callers without the token that their route needs; runs before a body is read. */
export function guardByToken(settings: TokenSettings): onRequestHookHandler {
  const callerOf = identifyCaller(settings);
  const hasClientToken = settings.apiToken !== undefined;
  const hasOperatorToken = settings.operatorToken !== undefined;
  return (request, _reply, done) => {
    const access = request.routeOptions.config.access ?? 'token';
    const needsOperator = hasOperatorToken && isOperatorCall(access, request);
    if (!needsOperator && (access === 'open' || !hasClientToken)) {
      done();
      return;
    }
    const caller = callerOf(request.headers.authorization);
    if (caller === 'anyone') done(new NotAuthenticated());
    else if (needsOperator && caller !== 'operator') done(new ServiceError('OPERATOR_ONLY'));
    else done();
  };
}

function isOperatorCall(access: Access, request: FastifyRequest): boolean {
  if (access === 'operator') return true;
  if (access !== 'operator-if-forced') return false;
  const { force } = request.query as { force?: unknown };
  const last: unknown = Array.isArray(force) ? force.at(-1) : force;
  // What cannot be read as false needs the operator; the schema refuses it afterwards.
  return last !== undefined && parseFlag(last) !== false;
}
