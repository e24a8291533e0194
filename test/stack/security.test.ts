/** The security rules on the running api, route by route. What a stranger sends must leave no trace. */
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { query } from '../support/databases.ts';
import { startApi, type Program, type Settings } from '../support/programs.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { acquire } from './session-calls.ts';

const TOKEN = 'the-token-of-callers';
const OPERATOR = 'the-token-of-operators';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** For operators only. */
  readonly operator?: true;
}

const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/session/guest/acquire' },
  { method: 'POST', path: '/session/guest/files', body: '["file-1"]' },
  { method: 'POST', path: '/session/guest/renew' },
  { method: 'POST', path: '/session/guest/register', body: '{"vector_store_id":"vs_guest"}' },
  { method: 'POST', path: '/session/guest/release' },
  { method: 'POST', path: '/session/guest/release?force=true', operator: true },
  { method: 'POST', path: '/session/guest/protect', operator: true },
  { method: 'POST', path: '/session/guest/unprotect', operator: true },
  { method: 'POST', path: '/session/guest/force', body: '{"by":"a","reason":"b"}', operator: true },
  { method: 'POST', path: '/cleanup' },
  { method: 'POST', path: '/nuke', operator: true },
  { method: 'GET', path: '/session/guest' },
  { method: 'GET', path: '/sessions' },
  { method: 'GET', path: '/capacity' },
  { method: 'GET', path: '/orphans' },
  { method: 'POST', path: '/sweep', operator: true },
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/docs' },
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/nope' },
];

let stack: Stack;
let open: Program;
let closed: Program;
let both: Program;

beforeAll(async () => {
  stack = await startStack({ LEASE_SECONDS: 600, ALLOW_NUKE: true });
  open = stack.api;
  const beside = (more: Settings) => startApi({ ...stack.settings, ...more });
  [closed, both] = await Promise.all([
    // Reachable from other machines, and so only with a token.
    beside({ API_TOKEN: TOKEN, HOST: '0.0.0.0' }),
    beside({ API_TOKEN: TOKEN, OPERATOR_TOKEN: OPERATOR }),
  ]);
});

/** By `node:http`: fetch does not let a test set Host and the Sec- headers. */
function send(
  to: Program,
  { method, path, body }: Route,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string; headers: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const { port } = new URL(to.url);
    const call = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...type, ...headers },
      agent: false,
    });
    call.once('error', reject);
    call.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers });
      });
    });
    call.end(body);
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const leases = async () =>
  (await query(stack.databaseUrl, `SELECT FROM lease WHERE session_id = 'guest'`)).length;

describe('strangers', () => {
  it.each(ROUTES)(
    'with no, a wrong, a shortened or a lengthened token: $method $path is 401',
    async (route) => {
      const wrong = [
        {},
        bearer('wrong'),
        bearer(''),
        bearer(TOKEN.slice(0, -1)),
        bearer(`${TOKEN}x`),
        bearer(OPERATOR.slice(1)),
        { authorization: `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}` },
        { authorization: TOKEN },
      ];
      for (const headers of wrong) {
        for (const api of [closed, both]) {
          const answer = await send(api, route, headers);
          expect([answer.status, answer.text]).toEqual([401, '{"detail":"Not authenticated"}']);
          expect(answer.headers['www-authenticate']).toBe('Bearer');
        }
      }
    },
  );

  it.each(ROUTES)(
    'of another host, origin or site, where no token is set: $method $path is 403',
    async (route) => {
      const foreign = [
        { host: 'evil.example' },
        { host: '192.168.1.7:9876' },
        { host: '127.0.0.1.evil.example' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: 'http://127.0.0.1:1' },
        { 'sec-fetch-site': 'cross-site' },
      ];
      for (const headers of foreign) {
        const answer = await send(open, route, headers);
        expect([headers, answer.status]).toEqual([headers, 403]);
        expect(JSON.parse(answer.text)).toMatchObject({ code: 'HOST_FORBIDDEN' });
      }
    },
  );

  it('left no trace', async () => {
    expect(await leases()).toBe(0);
    expect(await stack.simulator.control.journal()).toEqual([]);
  });

  it('may ask whether it is healthy, and no more', async () => {
    expect((await send(closed, { method: 'GET', path: '/health' })).text).toBe('{"status":"healthy"}');
    const ready = await send(closed, { method: 'GET', path: '/health/ready' });
    expect(Object.keys(JSON.parse(ready.text) as object)).toEqual(['status']);
    const known = await send(closed, { method: 'GET', path: '/health/ready' }, bearer(TOKEN));
    expect(JSON.parse(known.text)).toHaveProperty('components.ledger');
  });
});

describe('those who may', () => {
  it.each(ROUTES)('with the token: $method $path is answered', async (route) => {
    await acquire({ api: open }, 'guest');
    const caller = await send(both, route, bearer(TOKEN));
    if (route.operator === undefined) {
      expect([401, 403]).not.toContain(caller.status);
    } else {
      expect([caller.status, JSON.parse(caller.text)]).toMatchObject([403, { code: 'OPERATOR_ONLY' }]);
      expect((await send(open, { method: 'GET', path: '/session/guest' })).text).toContain(
        '"state":"active"',
      );
    }
    // Without a token for operators, the one for callers does.
    for (const [api, token] of [
      [both, OPERATOR],
      [closed, TOKEN],
    ] as const) {
      await acquire({ api: open }, 'guest');
      const answer = await send(api, route, bearer(token));
      // Its own answer, whatever that is: nothing is there at /nope, and nothing of the guest's is stuck.
      if (route.path === '/nope') expect(answer.status).toBe(404);
      else if (route.path.endsWith('/force'))
        expect(JSON.parse(answer.text)).toMatchObject({ code: 'NOT_STUCK' });
      else expect(answer.status, route.path).toBeLessThan(400);
    }
  });

  it('come from any host, origin and site when they have a token', async () => {
    const headers = { host: 'leases.example', origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };
    const answer = await send(closed, { method: 'GET', path: '/sessions' }, { ...headers, ...bearer(TOKEN) });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('come from this machine under any of its names when there is none', async () => {
    const port = new URL(open.url).port;
    const names = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'LOCALHOST'];
    for (const host of names)
      expect((await send(open, { method: 'GET', path: '/sessions' }, { host })).status).toBe(200);
    const own = { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
    expect((await send(open, { method: 'GET', path: '/sessions' }, own)).status).toBe(200);
  });
});

it('no log holds a token', () => {
  for (const program of [open, closed, both]) {
    for (const token of [TOKEN, OPERATOR]) expect(program.part.logTail(10_000)).not.toContain(token);
  }
});
