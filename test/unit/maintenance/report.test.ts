/** Reports of a run, posted to another service. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postReport, toReport } from '../../../maintenance/index.ts';

const RESULT = {
  ...{ deleted_count: 3, freed_bytes: 4_096, checked_count: 10, errors: 1, duration_ms: 12.5 },
  ...{ leftovers_deleted: 7, dry_run: false },
};
const REPORT = toReport(RESULT, Date.UTC(2026, 0, 2, 3, 4, 5));
const never = new AbortController().signal;

interface Received {
  readonly line: string;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** A receiver; what it was sent, in order. */
async function receiver(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      received.push({
        line: `${request.method} ${request.url}`,
        type: request.headers['content-type'],
        body,
      });
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

describe('a report is posted', () => {
  it('with the six keys, and no more', async () => {
    const { url, received } = await receiver((_request, response) => response.end('{"status":"tracked"}'));
    for (const base of [url, `${url}/`, `${url}/metrics/`]) await postReport(base, REPORT, { signal: never });
    expect(received.map(({ line }) => line)).toEqual([
      'POST /track/cleanup',
      'POST /track/cleanup',
      'POST /metrics/track/cleanup',
    ]);
    expect(received[0]).toMatchObject({ type: 'application/json' });
    expect(received[0]?.body).toEqual({
      ...{ deleted_count: 3, freed_bytes: 4_096, checked_count: 10, errors: 1, duration_ms: 12.5 },
      timestamp: '2026-01-02T03:04:05.000Z',
    });
  });

  it.each([199 + 102, 400, 404, 500, 503])('and not taken where the answer is %i', async (status) => {
    const { url, received } = await receiver((_request, response) => {
      response.writeHead(status, status === 301 ? { location: '/elsewhere' } : {}).end('no');
    });
    await expect(postReport(url, REPORT, { signal: never })).rejects.toThrow(String(status));
    expect(received).toHaveLength(1);
  });

  it('and given up where nobody answers in time, hangs up, or listens', async () => {
    const silent = await receiver(() => undefined);
    await expect(postReport(silent.url, REPORT, { signal: never, timeoutMs: 50 })).rejects.toThrow(
      /timeout/i,
    );
    const rude = await receiver((request) => request.socket.destroy());
    await expect(postReport(rude.url, REPORT, { signal: never })).rejects.toThrow();
    await expect(postReport('http://127.0.0.1:1', REPORT, { signal: never })).rejects.toThrow();
  });

  it('and given up when it is asked to stop', async () => {
    const stop = new AbortController();
    const { url } = await receiver(() => stop.abort(new Error('enough')));
    await expect(postReport(url, REPORT, { signal: stop.signal })).rejects.toThrow('enough');
  });
});
