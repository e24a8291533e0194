import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Receiver {
  readonly url: string;
  /** Bodies as they came, refused ones too. */
  readonly reports: { readonly path: string; readonly body: unknown; readonly taken: boolean }[];
  /** How many of the next are refused with 503. */
  refuse: number;
}

/** Somebody who wants to be told of cleanups, and is down at times. */
export async function startReceiver(refuse: number): Promise<Receiver> {
  const receiver: Receiver = { url: '', reports: [], refuse };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const taken = receiver.refuse <= 0;
      receiver.refuse -= 1;
      receiver.reports.push({ path: request.url ?? '', body: JSON.parse(body) as unknown, taken });
      response.writeHead(taken ? 200 : 503).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, { url: `http://127.0.0.1:${port}` });
}
