import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { ERROR_CODES } from '../domain/errors.ts';
import { ANSWER_HEADERS } from './answer-headers.ts';
import { errorBody } from './error-answers.ts';
import { JSON_TYPE } from './send-json.ts';

const REASONS = new Map<string, readonly [status: number, phrase: string]>([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']],
]);

/**
 * Answers what is no HTTP request at all, or never becomes one; the connection ends with it. `requestId` is that of a
 * request whose head could be read.
 */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  requestId: string = randomUUID(),
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, phrase] = REASONS.get(error.code ?? '') ?? [400, 'Bad Request'];
  const body = errorBody('REQUEST_INVALID', ERROR_CODES.REQUEST_INVALID, requestId);
  const lines = [
    `HTTP/1.1 ${status} ${phrase}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...Object.entries(ANSWER_HEADERS).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  if (socket.writable) socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  else socket.destroy(error);
}
