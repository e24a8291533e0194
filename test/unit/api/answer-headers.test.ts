/** The headers of every answer that is no page and none of its files, whoever gives it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../domain/errors.ts';
import { asker } from './ask.ts';
import { listen, open, type Server } from './upload-kit.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ALWAYS = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
/** Pages and files have others: docs-page.test.ts. */
const PATHS_IN_USE: Record<string, string> = { '{session_id}': 'a', '{file_id}': 'f' };

const { ask, last } = asker();
const ORIGIN = 'https://pages.example';
let server: Server;
let hasty: Server;
beforeAll(async () => {
  server = await listen({ settings: { corsOrigins: [ORIGIN] } });
  hasty = await listen({ settings: { bodyTimeoutMs: 200 } });
});
afterAll(() => Promise.all([server.app.close(), hasty.app.close()]));

/** Sends bytes as they are; the status and the headers of the answer. */
async function raw(to: Server, text: string): Promise<{ status: number; headers: Record<string, string> }> {
  const { socket, text: answered } = open(to.port);
  socket.write(Buffer.from(text, 'latin1'));
  const [line = '', ...rest] = ((await answered).split('\r\n\r\n')[0] ?? '').split('\r\n');
  const headers = rest.map((header) => header.split(': ') as [string, string]);
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
  };
}

describe('an answer of every operation', () => {
  it('is never kept, shown in a frame or taken for something else, and names its request', async () => {
    await ask('GET', '/health');
    const { paths } = last().app.swagger() as { paths: Record<string, object> };
    const statuses = new Set<number>();
    for (const [path, methods] of Object.entries(paths)) {
      const url = path.replace(/\{\w+\}/g, (name) => PATHS_IN_USE[name] ?? 'x');
      for (const method of Object.keys(methods)) {
        const name = method.toUpperCase() as 'GET' | 'POST' | 'DELETE';
        const answer = await ask(name, url, { headers: { 'x-request-id': 'mine.1_a-B' } });
        expect([name, url, answer.headers]).toMatchObject([
          name,
          url,
          { ...ALWAYS, 'x-request-id': 'mine.1_a-B' },
        ]);
        statuses.add(answer.statusCode);
      }
    }
    for (const status of [200, 202, 302, 422]) expect(statuses).toContain(status);
  });
});

describe('an answer of whoever refuses', () => {
  const failing = (error: Error) => ({ leases: { get: () => Promise.reject(error) } });
  it.each([
    [401, () => ask('GET', '/sessions', { settings: { apiToken: 'secret' } })],
    [403, () => ask('GET', '/health', { headers: { host: 'evil.example' } })],
    [404, () => ask('GET', '/nowhere')],
    [404, () => ask('GET', '/session/a', failing(new ServiceError('SESSION_NOT_FOUND')))],
    [404, () => ask('GET', '/session/a%2Fb')],
    [405, () => ask('PUT', '/health')],
    [413, () => ask('POST', '/cleanup', { body: ' '.repeat(5_000), settings: { maxRequestBytes: 4_096 } })],
    [
      422,
      () => ask('POST', '/session/a/files', { body: '{', headers: { 'content-type': 'application/json' } }),
    ],
    [500, () => ask('GET', '/session/a', failing(new Error('a fault')))],
    [503, () => ask('GET', '/session/a', failing(new ServiceError('LEDGER_UNAVAILABLE')))],
  ] as const)('has them too: %i', async (status, asked) => {
    const answer = await asked();
    expect([answer.statusCode, answer.headers]).toMatchObject([status, ALWAYS]);
    expect(answer.headers['x-request-id']).toMatch(UUID);
  });

  it('has them too: 429', async () => {
    const limited = { settings: { rateLimitPerMinute: 1 } };
    await ask('GET', '/sessions', limited);
    const answer = await ask('GET', '/sessions', limited);
    expect([answer.statusCode, answer.headers]).toMatchObject([429, ALWAYS]);
    expect(answer.headers['x-request-id']).toMatch(UUID);
  });

  it.each(['HEAD', 'OPTIONS'] as const)('has them too, to %s', async (method) => {
    const headers = { origin: ORIGIN, 'access-control-request-method': 'POST' };
    const answer = await fetch(`http://127.0.0.1:${server.port}/sessions`, { method, headers });
    expect(Object.fromEntries(answer.headers)).toMatchObject(ALWAYS);
    expect(answer.headers.get('x-request-id')).toMatch(UUID);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });
});

describe('an answer to what never becomes a request', () => {
  const LATE = 'POST /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nContent-Length: 9\r\n\r\n';
  it.each([
    ['no HTTP', 400, 'hello\r\n\r\n', UUID],
    ['a head without end', 431, `GET /${'x'.repeat(20_000)}`, UUID],
    ['no host', 400, 'GET /health HTTP/1.1\r\nConnection: close\r\nX-Request-Id: mine\r\n\r\n', /^mine$/],
    ['a body that does not come', 408, LATE, /^mine$/],
    [
      'an unknown expectation, which is ignored',
      200,
      'GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
      UUID,
    ],
  ] as const)('has them as far as there are any: %s', async (_what, status, text, id) => {
    const answer = await raw(hasty, text);
    expect(answer).toMatchObject({ status, headers: ALWAYS });
    expect(answer.headers['x-request-id']).toMatch(id);
  });
});

describe('the id of a request', () => {
  it.each(['a', 'A.b_c-9', 'x'.repeat(128)])('is the one that its caller gives: %s', async (id) => {
    const answer = await ask('GET', '/nowhere', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toBe(id);
  });

  it.each(['', ' ', 'a b', 'ä', 'a\tb', '<script>', 'x'.repeat(129)])(
    'is a new one where that is not sane: %j',
    async (id) => {
      const answer = await ask('GET', '/nowhere', { headers: { 'x-request-id': id } });
      expect(answer.headers['x-request-id']).toMatch(UUID);
    },
  );
});
