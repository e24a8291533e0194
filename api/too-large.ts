import type { FastifyReply, FastifyRequest } from 'fastify';
import { tooLargeBody } from '../contract/errors.ts';
import { closeGently } from './close-gently.ts';
import type { ApiDeps } from './deps.ts';
import type { BodyTooLarge } from './read-body.ts';
import { sendJson } from './send-json.ts';
import { throwAway } from './throw-away.ts';

interface Refused {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deps: Pick<ApiDeps, 'log' | 'metrics'>;
}

/** Answers 413 to a body that is not read further, once the client has had the chance to send it; logged and counted. */
export async function refuseTooLarge(
  { maxBytes, readBytes }: BodyTooLarge,
  { request, reply, deps }: Refused,
): Promise<void> {
  const { raw, routeOptions } = request;
  const cameBytes = readBytes + (await throwAway(raw));
  const said = raw.headers['content-length'];
  deps.metrics.http.tooLarge(routeOptions.url ?? 'unknown');
  deps.log.warn(
    {
      event: 'request_too_large',
      request_id: request.id,
      route: routeOptions.url ?? null,
      method: request.method,
      client: request.ip,
      // Without a length of its own: what had come when it was no longer waited for.
      size_bytes: said === undefined ? cameBytes : Number(said),
      max_size_bytes: maxBytes,
    },
    'request body too large',
  );
  closeGently(request, reply);
  sendJson(reply, 413, tooLargeBody(maxBytes));
}
