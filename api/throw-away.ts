import type { IncomingMessage } from 'node:http';

/** What nobody wants to read is thrown away for at most this long, and at most this much of it. */
const DRAIN_MS = 5_000;
const DRAIN_BYTES = 67_108_864;

/**
 * Resolves once the client has sent what it had to send, within limits, with how many bytes that were. Some clients
 * read no answer before they have written all, and take an earlier one for a failure.
 */
export function throwAway(body: IncomingMessage): Promise<number> {
  if (body.readableEnded || body.destroyed) return Promise.resolve(0);
  return new Promise((resolve) => {
    let bytes = 0;
    const end = (): void => {
      clearTimeout(timer);
      body.off('data', count).off('end', end).off('close', end);
      resolve(bytes);
    };
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > DRAIN_BYTES) end();
    };
    const timer = setTimeout(end, DRAIN_MS);
    body.on('data', count).once('end', end).once('close', end);
    // A body that was piped elsewhere stands still.
    body.resume();
  });
}
