import type { FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { App } from './deps.ts';

/** Raised for a body that is told, or found while it comes, to be larger than its route takes. */
export class BodyTooLarge extends Error {
  readonly statusCode = 413;
  readonly maxBytes: number;
  /** What had been read of it by then. */
  readonly readBytes: number;

  constructor(maxBytes: number, readBytes: number) {
    super('the body is too large');
    this.maxBytes = maxBytes;
    this.readBytes = readBytes;
  }
}

/** Raised for a body that breaks off. */
class BodyCut extends Error {
  readonly statusCode = 400;
}

/** Whether the head of a request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Reads a body to its end and gives each piece to `take`. Throws BodyTooLarge as soon as it is known, before the first
 * piece where the head says so: what is left of the body then waits to be thrown away.
 */
export function readBody(request: FastifyRequest, take: (piece: Buffer) => void): Promise<void> {
  const { raw: body, routeOptions } = request;
  const maxBytes = routeOptions.bodyLimit;
  if (Number(body.headers['content-length'] ?? 0) > maxBytes) {
    return Promise.reject(new BodyTooLarge(maxBytes, 0));
  }
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const end = (error?: Error): void => {
      body.off('data', read).off('end', whole).off('error', cut).off('close', cut);
      if (error === undefined) resolve();
      else reject(error);
    };
    const read = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes <= maxBytes) {
        take(piece);
        return;
      }
      body.pause();
      end(new BodyTooLarge(maxBytes, bytes));
    };
    const whole = (): void => {
      end();
    };
    const cut = (): void => {
      end(new BodyCut('the body broke off'));
    };
    body.on('data', read).once('end', whole).once('error', cut).once('close', cut);
  });
}

/**
 * Has every body read that its method gives no meaning to, such as that of a GET: it is thrown away, but not without
 * its limit. Where a route reads its body by itself nothing is done.
 */
export function readIgnoredBodies(app: App): void {
  // No promise where there is nothing to wait for: most calls have no body.
  app.addHook('preValidation', (request, _reply, done) => {
    const { raw, routeOptions } = request;
    if (!hasBody(raw) || raw.readableEnded || routeOptions.config.multipart === true) {
      done();
      return;
    }
    readBody(request, () => undefined).then(() => {
      done();
    }, done);
  });
}
