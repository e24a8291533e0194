import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { TOO_LARGE_BODY } from '../contract/errors.ts';
import { sendJson } from './send-json.ts';
import { throwAway } from './throw-away.ts';

/** Answers 413 to a body that is not read further, once the client has had the chance to send it. */
export function refuseTooLarge(request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const { url } = request.routeOptions;
  const length = request.headers['content-length'];
  log.warn(
    {
      event: 'request_too_large',
      request_id: request.id,
      route: url ?? null,
      client: request.ip,
      size_bytes: length === undefined ? null : Number(length),
    },
    'request body too large',
  );
  void throwAway(request.raw).then(() => {
    sendJson(reply, 413, TOO_LARGE_BODY);
  });
}
