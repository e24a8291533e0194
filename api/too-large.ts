import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { TOO_LARGE_BODY } from '../contract/errors.ts';
import { sendJson } from './send-json.ts';

/** What is sent beyond the limit is thrown away for at most this long, and at most this much of it. */
const DRAIN_MS = 5_000;
const DRAIN_BYTES = 67_108_864;

/**
 * Answers 413 once the client has sent what it had to send: an answer before that ends the connection under a
 * client that still writes, which then sees a reset instead of the answer.
 */
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
  throwAway(request.raw, () => {
    sendJson(reply, 413, TOO_LARGE_BODY);
  });
}

function throwAway(body: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const end = (): void => {
    clearTimeout(timer);
    body.off('data', count).off('end', end).off('close', end);
    done();
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > DRAIN_BYTES) end();
  };
  const timer = setTimeout(end, DRAIN_MS);
  body.on('data', count).once('end', end).once('close', end);
}
