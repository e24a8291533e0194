import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';

/** A request without its body. */
export interface Head {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
}

export interface Request extends Head {
  readonly body: Buffer;
}

/** Largest body kept in memory; uploads are streamed. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

export function headOf(incoming: IncomingMessage): Head {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: incoming.headers,
  };
}

/** The body, whole. Throws `ApiError` for one that is too large, anything else where the client went away. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new ApiError(413, 'The request is too large.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Resolves once the body begins, or the client is gone. */
export function bodyBegins(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const begun = (): void => {
      incoming.off('readable', begun).off('close', begun);
      resolve();
    };
    incoming.once('readable', begun).once('close', begun);
  });
}

/** Keys seen are few; the bound keeps a client that makes them up from growing the process. */
const MAX_FINGERPRINTS = 1_000;
const fingerprints = new Map<string, string>();

/** First 16 hex digits of the SHA-256 of the key; null where the request has none. */
export function fingerprintOf({ headers }: Head): string | null {
  const key = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (key === undefined) return null;
  const known = fingerprints.get(key);
  if (known !== undefined) return known;
  if (fingerprints.size >= MAX_FINGERPRINTS) fingerprints.clear();
  const made = createHash('sha256').update(key).digest('hex').slice(0, 16);
  fingerprints.set(key, made);
  return made;
}
