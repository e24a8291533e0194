import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { ServiceError } from '../domain/errors.ts';

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * The rule for an api without a token: only this machine's own programs may call it. Refuses a `Host` that is
 * not loopback (DNS rebinding), a foreign `Origin`, and requests that a browser marks as cross-site.
 */
export function guardAgainstWebPages(corsOrigins: readonly string[]): onRequestHookHandler {
  const listed = new Set(corsOrigins);
  return (request, _reply, done) => {
    done(isOwnCaller(request, listed) ? undefined : new ServiceError('HOST_FORBIDDEN'));
  };
}

function isOwnCaller(request: FastifyRequest, listed: ReadonlySet<string>): boolean {
  const { host, origin, 'sec-fetch-site': site } = request.raw.headers;
  if (host === undefined || !LOOPBACK_HOST.test(host)) return false;
  if (origin !== undefined && listed.has(origin)) return true;
  if (site === 'cross-site') return false;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
