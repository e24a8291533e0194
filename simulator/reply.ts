import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ApiError, errorBody, type ErrorShape } from './api-error.ts';

/** How the bytes of an answer go out. */
export type Delivery = 'whole' | 'stall' | 'cut';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes, or the path of the file that holds them. */
  readonly body: Buffer | string;
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

export function bytesReply(body: Buffer | string): Reply {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body, delivery: 'whole' };
}

/**
 * The answer of a failed call, in the shape of the provider; anything but a refusal is a fault of the simulator itself,
 * shown as 500.
 */
export function errorReply(error: unknown, shape: ErrorShape = errorBody): Reply {
  if (error instanceof ApiError) return jsonReply(error.status, shape(error.message, error.details));
  const message = error instanceof Error ? error.message : String(error);
  return jsonReply(500, errorBody(`simulator: ${message}`, { type: 'server_error' }));
}

/** Sends half of a body; the answer stays open. */
async function sendHalf(response: ServerResponse, body: Buffer | string, size: number): Promise<void> {
  const half = Math.floor(size / 2);
  if (typeof body === 'string') {
    await pipeline(createReadStream(body, { end: Math.max(0, half - 1) }), response, { end: false });
  } else {
    await new Promise<void>((resolve) => response.write(body.subarray(0, half), () => resolve()));
  }
}

/** Sends the answer; resolves false where the client had gone or was cut off. */
export function send(response: ServerResponse, reply: Reply): boolean {
  if (response.destroyed || response.writableEnded) return false;
  const { body, delivery } = reply;
  const size = typeof body === 'string' ? statSync(body).size : body.length;
  response.writeHead(reply.status, {
    'x-request-id': `req_${randomUUID()}`,
    'openai-organization': 'simulator',
    'content-length': size,
    ...reply.headers,
  });
  const cut = (): void => void response.destroy();
  if (delivery === 'stall') sendHalf(response, body, size).catch(cut);
  else if (delivery === 'cut') void sendHalf(response, body, size).then(cut, cut);
  else if (typeof body === 'string') pipeline(createReadStream(body), response).catch(cut);
  else response.end(body);
  return true;
}
