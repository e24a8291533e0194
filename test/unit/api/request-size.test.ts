/** How large a body may be, on every method, and what becomes of one that is larger. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen, type Server } from './upload-kit.ts';

const LIMIT = 10_485_760;
const TOO_LARGE =
  '{"error":"request_too_large","message":"Request body too large. Maximum size is 10.0MB","max_size_bytes":10485760}';
const SMALL = 4_096;
const SMALL_TOO_LARGE =
  '{"error":"request_too_large","message":"Request body too large. Maximum size is 0.0MB","max_size_bytes":4096}';

const lines: Record<string, unknown>[] = [];
let server: Server;
let small: Server;

beforeAll(async () => {
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  server = await listen({ log });
  small = await listen({ log, settings: { maxRequestBytes: SMALL, uploadTimeoutMs: 300 } });
});
afterAll(() => Promise.all([server.app.close(), small.app.close()]));
beforeEach(() => {
  lines.length = 0;
  for (const { calls } of [server, small]) calls.length = 0;
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

interface Sent {
  readonly to?: Server;
  readonly method?: string;
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Record<string, string>;
}

/** Sends a body as a stream, in chunks of unknown length unless its length is told, and reads the answer after it. */
async function send({ to = server, method = 'POST', path, body, headers = {} }: Sent): Promise<Answer> {
  const all = { 'content-type': 'application/json', ...headers };
  const chunked = headers['content-length'] === undefined ? { 'transfer-encoding': 'chunked' } : {};
  const outgoing = request({
    ...{ port: to.port, host: '127.0.0.1', agent: false },
    ...{ path, method, headers: { ...all, ...chunked } },
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  const pieces = Array.from({ length: Math.ceil(body.length / 65_536) }, (_, index) =>
    body.subarray(index * 65_536, (index + 1) * 65_536),
  );
  const sent = pipeline(Readable.from(pieces), outgoing);
  const [incoming] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  await sent;
  const { statusCode = 0, headers: got } = incoming;
  return { status: statusCode, headers: got, body: Buffer.concat(chunks).toString() };
}

const told = (body: Buffer) => ({ 'content-length': String(body.length) });

/** A list of ids whose JSON is exactly this long. */
function listOf(bytes: number): Buffer {
  const entry = `"${'x'.repeat(4_000)}",`;
  const count = Math.floor((bytes - 100) / entry.length);
  const head = `[${entry.repeat(count)}`;
  return Buffer.from(`${head}"${'x'.repeat(bytes - head.length - 3)}"]`);
}

/** Bytes as they are, until the server ends the connection; the request's end is not the connection's. */
async function exchange(text: string): Promise<string> {
  const socket = connect(small.port, '127.0.0.1');
  socket.write(Buffer.from(text, 'latin1'));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

const HEAD = 'Host: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n';
const refusals = () => lines.filter(({ event }) => event === 'request_too_large');

describe('a body at the default limit', () => {
  const exact = listOf(LIMIT);
  const over = listOf(LIMIT + 1);

  it.each([
    ['told', told(exact)],
    ['chunked', {}],
  ])('of exactly so many bytes is read (%s)', async (_how, headers) => {
    const answer = await send({ path: '/session/a/files', body: exact, headers });
    expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(/^\{"tracked":\d+\}$/)]);
    expect(refusals()).toEqual([]);
  });

  it.each([
    ['/session/a/files', told(over)],
    ['/session/a/files', {}],
    ['/session/a/renew', {}],
    ['/cleanup', told(over)],
  ] as const)('and one byte more is refused, and the client can read why (%s, %j)', async (path, headers) => {
    const answer = await send({ path, body: over, headers: { ...headers, 'x-request-id': 'mine' } });
    expect([answer.status, answer.body]).toEqual([413, TOO_LARGE]);
    expect(answer.headers).toMatchObject({
      'x-request-id': 'mine',
      connection: 'close',
      'cache-control': 'no-cache, no-store, must-revalidate',
    });
    expect(server.calls).toEqual([]);
  });

  it('and three times that too', async () => {
    const body = Buffer.alloc(3 * LIMIT, 0x20);
    const answer = await send({ path: '/session/a/files', body });
    expect([answer.status, answer.body]).toEqual([413, TOO_LARGE]);
    expect(refusals()).toMatchObject([{ size_bytes: 3 * LIMIT }]);
  });
});

describe('a limit of another size', () => {
  const exact = listOf(SMALL);
  const over = listOf(SMALL + 1);
  const PATHS = [
    ['POST', '/session/a/files', '/session/:session_id/files'],
    ['DELETE', '/files/f', '/files/:file_id'],
    ['GET', '/session/a', '/session/:session_id'],
    ['GET', '/docs', '/docs'],
    ['HEAD', '/health', '/health'],
    ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET'].map(
      (method) => [method, '/nowhere', null] as const,
    ),
    ['PUT', '/health', null],
    ['PROPFIND', '/health', null],
  ] as const;

  it.each(PATHS)('holds for %s %s, told or chunked', async (method, path, route) => {
    for (const how of [told, () => ({})]) {
      const within = await send({ to: small, method, path, body: exact, headers: how(exact) });
      expect(within.status).not.toBe(413);
      const beyond = await send({
        ...{ to: small, method, path, body: over },
        headers: { ...how(over), 'x-request-id': 'mine' },
      });
      expect([beyond.status, beyond.body]).toEqual([413, method === 'HEAD' ? '' : SMALL_TOO_LARGE]);
      expect(beyond.headers['x-request-id']).toBe('mine');
    }
    const line = { event: 'request_too_large', request_id: 'mine', method, route, client: '127.0.0.1' };
    expect(refusals()).toMatchObject(
      [0, 1].map(() => ({ ...line, level: 40, size_bytes: SMALL + 1, max_size_bytes: SMALL })),
    );
  });

  it('is counted, by route', async () => {
    const count = async (route: string) => {
      const text = await small.deps.metrics.render();
      const name = `loiter_killer_http_requests_too_large_total{route="${route}"} `;
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(name))
          ?.slice(name.length) ?? 0,
      );
    };
    const before = [await count('/session/:session_id/renew'), await count('unknown')];
    await send({ to: small, path: '/session/a/renew', body: over });
    await send({ to: small, path: '/nowhere', body: over });
    expect([await count('/session/:session_id/renew'), await count('unknown')]).toEqual(
      before.map((each) => each + 1),
    );
  });

  it('is none for uploads, which have their own', async () => {
    const type = 'multipart/form-data; boundary=b';
    const form = (bytes: number) =>
      Buffer.from(
        `--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${'x'.repeat(bytes)}\r\n--b--\r\n`,
      );
    const headers = { 'content-type': type };
    expect((await send({ to: small, path: '/files', body: form(100_000), headers })).status).toBe(200);
    const mostly = await listen({
      files: { largestBytes: () => 100_000 },
      settings: { maxRequestBytes: SMALL },
    });
    const answer = await send({ to: mostly, path: '/files', body: form(4_000_000), headers });
    await mostly.app.close();
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([413, { code: 'FILE_TOO_LARGE' }]);
  });
});

describe('a length that lies', () => {
  const post = (length: string, body: string, more = '') =>
    exchange(`POST /session/a/files HTTP/1.1\r\n${HEAD}Content-Length: ${length}\r\n${more}\r\n${body}`);

  it('is believed where it is too large, whatever comes; the answer waits for the client no longer than it must', async () => {
    const socket = connect(small.port, '127.0.0.1');
    socket.end(`POST /session/a/files HTTP/1.1\r\n${HEAD}Content-Length: ${SMALL + 1}\r\n\r\n[]`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 4(?:13|00) /);
    expect(small.calls).toEqual([]);
  });

  it.each([0, 2 * SMALL])(
    'and is smaller than the body: %i bytes beyond it are no part of it',
    async (surplus) => {
      const answer = await post('5', `["f"]${'x'.repeat(surplus)}`);
      // What is beyond is no HTTP, which is told as soon as it is seen.
      expect(answer).toMatch(surplus === 0 ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 (?:200|400) /);
      expect(small.calls.map(([name, session]) => [name, session])).toMatchObject([['track', {}]]);
      expect(refusals()).toEqual([]);
    },
  );

  it.each([
    ['beside chunks', '5', 'Transfer-Encoding: chunked\r\n'],
    ['twice', '5', 'Content-Length: 6\r\n'],
    ['below nothing', '-5', ''],
    ['in words', 'five', ''],
    ['beyond every number', '99999999999999999999999', ''],
  ])('%s is no HTTP', async (_how, length, more) => {
    const answer = await post(length, '["f"]', more);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"code":"REQUEST_INVALID"/);
    expect(answer).toMatch(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
    expect(small.calls).toEqual([]);
  });

  it('and is larger than the body that ends with its connection: nothing is carried out', async () => {
    const socket = connect(small.port, '127.0.0.1');
    socket.end(`POST /session/a/files HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n["f"]`);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(small.calls).toEqual([]);
  });
});
