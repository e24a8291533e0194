import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ApiError, errorBody } from './api-error.ts';

/** How the bytes of an answer go out. */
export type Delivery = 'whole' | 'stall' | 'cut';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly delivery: Delivery;
}

/** What becomes of a call: an answer, a cut connection, or nothing at all. */
export type Outcome = Reply | 'drop' | 'hang';

const JSON_TYPE = { 'content-type': 'application/json' };

export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { ...JSON_TYPE, ...headers },
    body: Buffer.from(JSON.stringify(value)),
    delivery: 'whole',
  };
}

export function bytesReply(body: Buffer): Reply {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body, delivery: 'whole' };
}

/** The answer of a failed call; anything but a refusal is a fault of the simulator itself, shown as 500. */
export function errorReply(error: unknown): Reply {
  if (error instanceof ApiError) return jsonReply(error.status, errorBody(error.message, error.details));
  const message = error instanceof Error ? error.message : String(error);
  return jsonReply(500, errorBody(`simulator: ${message}`, { type: 'server_error' }));
}

/** Sends the answer; resolves false where the client had gone or was cut off. */
export function send(response: ServerResponse, reply: Reply): boolean {
  if (response.destroyed || response.writableEnded) return false;
  response.writeHead(reply.status, {
    'x-request-id': `req_${randomUUID()}`,
    'openai-organization': 'simulator',
    'content-length': reply.body.length,
    ...reply.headers,
  });
  if (reply.delivery === 'whole') {
    response.end(reply.body);
    return true;
  }
  const half = reply.body.subarray(0, Math.floor(reply.body.length / 2));
  if (reply.delivery === 'stall') response.write(half);
  else response.write(half, () => response.destroy());
  return true;
}
