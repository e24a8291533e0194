import type { FileHandle } from 'node:fs/promises';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { formParts } from './form-parts.ts';
import type { Transport } from './sdk-client.ts';

/** Read and sent at a time, all of it through one buffer. */
const CHUNK_BYTES = 256 * 1024;
/** Answers that have no body, which `Response` insists on. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** A connection of its own for each upload: one that the provider has closed meanwhile would leave the outcome open. */
const HTTP = new HttpAgent({ keepAlive: false });
const HTTPS = new HttpsAgent({ keepAlive: false });

function openRequest(
  url: URL,
  options: { headers: Headers; signal: AbortSignal | undefined },
): ClientRequest {
  const { headers, signal } = options;
  const common = { method: 'POST', headers: Object.fromEntries(headers), ...(signal && { signal }) };
  return url.protocol === 'https:'
    ? httpsRequest(url, { ...common, agent: HTTPS })
    : httpRequest(url, { ...common, agent: HTTP });
}

/** Resolves once the bytes are out of the buffer, which may then be used again. */
function write(request: ClientRequest, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

interface Source {
  readonly file: FileHandle;
  readonly sizeBytes: number;
}

async function sendFile(request: ClientRequest, source: Source, isOver: () => boolean): Promise<void> {
  const { file, sizeBytes } = source;
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, sizeBytes));
  for (let sent = 0; sent < sizeBytes && !isOver();) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - sent), sent);
    if (bytesRead === 0) throw new Error('The file to be uploaded has become shorter.');
    await write(request, buffer.subarray(0, bytesRead));
    sent += bytesRead;
  }
}

function toResponse(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const status = incoming.statusCode ?? 0;
  if (!WITHOUT_BODY.has(status))
    return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status, headers });
  incoming.resume();
  return new Response(null, { status, headers });
}

/**
 * Sends the form of an upload with the bytes of the open file in the place of its own file. `fetch` cannot: it keeps a
 * second copy of every body that it streams, all of it, for the case of a redirect, and leaves several buffers for each
 * chunk to the garbage collector. Its limit of five minutes for an answer does not apply here; the deadline does.
 */
export function uploadTransport(file: FileHandle, sizeBytes: number): Transport {
  return async (input, init) => {
    const { before, after, contentType } = formParts(init.body as FormData);
    const headers = new Headers(init.headers);
    headers.set('content-type', contentType);
    headers.set('content-length', String(before.length + sizeBytes + after.length));
    const request = openRequest(new URL(input), { headers, signal: init.signal ?? undefined });
    let isAnswered = false;
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', (incoming) => {
        isAnswered = true;
        resolve(incoming);
      });
      request.on('error', reject);
    });
    const send = async (): Promise<void> => {
      await write(request, before);
      await sendFile(request, { file, sizeBytes }, () => isAnswered);
      if (!isAnswered) request.end(after);
    };
    send().catch((error: unknown) => {
      // The answer of a provider that did not wait for everything counts, and is still to be read.
      if (!isAnswered) request.destroy(error as Error);
    });
    return toResponse(await answer);
  };
}
