import type { FastifyRequest } from 'fastify';
import { answerClientError } from './client-error.ts';
import type { App } from './deps.ts';
import { hasBody } from './read-body.ts';

/** Until a client that was told 408 is cut off, so that it can read that. */
const GRACE_MS = 5_000;
const LATE = Object.assign(new Error('the body did not come in time'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

/**
 * Answers 408 where a body takes longer than `limitMs`, as the server does by itself where a whole request takes too
 * long: that limit is one for all routes, and has to leave an upload its time.
 */
export function limitBodyTime(app: App, limitMs: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw, routeOptions } = request;
    if (hasBody(raw) && routeOptions.config.multipart !== true) watch(request, limitMs);
    done();
  });
}

function watch({ raw, id }: FastifyRequest, limitMs: number): void {
  const { socket } = raw;
  const timer = setTimeout(() => {
    // Not where there is no connection at all, as with a request that is injected, nor after an answer.
    if (socket.destroyed !== false || socket.writableEnded || raw.complete) return;
    answerClientError(LATE, socket, id);
    setTimeout(() => socket.destroy(), GRACE_MS).unref();
  }, limitMs).unref();
  const end = (): void => {
    clearTimeout(timer);
  };
  raw.once('end', end).once('close', end);
}
