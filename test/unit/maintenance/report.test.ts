/** Reports of a run: posted to another service, and taken from others. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postReport, readReport, toReport } from '../../../maintenance/index.ts';

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

describe('a report is taken', () => {
  it('as it was posted', () => {
    expect(readReport(JSON.parse(JSON.stringify(REPORT)))).toEqual({ report: REPORT });
  });

  it('with further fields, which do not matter, and a time in any zone', () => {
    const body = { ...REPORT, timestamp: '2026-01-02T04:04:05+01:00', host: 'x', __proto__: null };
    expect(readReport(body)).toEqual({ report: REPORT });
  });

  it('with a time as Python writes it, without a zone', () => {
    const body = { ...REPORT, timestamp: '2026-01-02T03:04:05.123456' };
    expect(readReport(body)).toEqual({
      report: { ...REPORT, timestamp: new Date(2026, 0, 2, 3, 4, 5, 123).toISOString() },
    });
  });

  it.each(['deleted_count', 'freed_bytes', 'checked_count', 'errors', 'duration_ms', 'timestamp'])(
    'not without %s',
    (name) => {
      expect(readReport({ ...REPORT, [name]: undefined })).toEqual({
        problems: [expect.stringContaining(name)],
      });
    },
  );

  it.each(['deleted_count', 'freed_bytes', 'checked_count', 'errors', 'duration_ms'])(
    'not with an odd %s',
    (name) => {
      const odd = [-1, '1', null, true, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, [], {}];
      const halves = name === 'duration_ms' ? [] : [1.5];
      for (const value of [...odd, ...halves]) {
        expect(readReport({ ...REPORT, [name]: value }), JSON.stringify(value)).toEqual({
          problems: [expect.stringContaining(name)],
        });
      }
      expect(readReport({ ...REPORT, [name]: 0 })).toHaveProperty('report');
    },
  );

  it.each([
    '',
    'now',
    '2026-01-02',
    '2026-13-01T00:00:00Z',
    1_767_322_800,
    null,
    `2026-01-02T03:04:05${'Z'.repeat(50)}`,
  ])('not with the timestamp %j', (timestamp) => {
    expect(readReport({ ...REPORT, timestamp })).toEqual({
      problems: [expect.stringContaining('timestamp')],
    });
  });

  it.each([null, undefined, 1, 'x', [REPORT]])('not as %j', (body) => {
    expect(readReport(body)).toEqual({ problems: ['the body has to be an object'] });
  });

  it('with all its problems at once', () => {
    expect(readReport({})).toEqual({ problems: expect.toSatisfy((list: unknown[]) => list.length === 6) });
  });
});
