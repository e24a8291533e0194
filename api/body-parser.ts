import type { FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { extraForbidden } from '../contract/faults.ts';
import { decodeText, parseJson } from '../contract/parse-json.ts';
import { RequestInvalid } from '../contract/request-invalid.ts';
import type { App } from './deps.ts';
import { readBody } from './read-body.ts';

const FORM_TYPE = /^multipart\/form-data\s*(?:;|$)/i;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * One parser for every content type. An empty body is no body whatever its type says; a body without a type
 * counts as JSON; a body of another type is a text, which no schema takes. Routes without a body ignore one, but those that start a job:
 * `{"dry_run":true}` would be taken for a real run.
 */
export function parseBodies(app: App): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    tameContentType(raw);
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const pieces: Buffer[] = [];
    await readBody(request, (piece) => pieces.push(piece));
    return parseBody(request, Buffer.concat(pieces));
  });
}

function parseBody(request: FastifyRequest, bytes: Buffer): unknown {
  const { schema, config } = request.routeOptions;
  if (bytes.length === 0) return undefined;
  if (schema?.body === undefined && config.refusesBody !== true) return undefined;
  const text = decodeText(bytes);
  const type = request.headers['content-type'];
  const body = type === undefined || JSON_TYPE.test(type) ? parseJson(text) : text;
  if (schema?.body === undefined && !isEmpty(body))
    throw new RequestInvalid([extraForbidden(['body'], body)]);
  return body;
}

/** What a client sends that always sends something. */
const isEmpty = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.keys(body).length === 0;

/**
 * Fastify refuses a malformed content type before any parser sees it, even on an empty body: whatever begins as
 * JSON goes on as JSON, all else as plain text. Only a form needs all of it, and is never malformed to Fastify.
 */
function tameContentType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type === undefined || FORM_TYPE.test(type)) return;
  headers['content-type'] = JSON_TYPE.test(type) ? 'application/json' : 'text/plain';
}
