import { describe, expect, it } from 'vitest';
import type { ApiSettings } from '../../../api/deps.ts';
import { sharedApps } from './ask.ts';

const LOOPBACK = { host: '127.0.0.1:9876' };
const UPLOAD = {
  payload: '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n',
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
};
const REPORT = {
  payload:
    '{"deleted_count":1,"freed_bytes":1,"checked_count":1,"errors":0,"duration_ms":1,"timestamp":"2027-01-10T02:00:00Z"}',
  headers: { 'content-type': 'application/json' },
};
const FILES = { payload: '[]', headers: { 'content-type': 'application/json' } };

/** Every route, with the success it has for whoever may call it. */
const ROUTES = [
  ['GET', '/health', 200],
  ['GET', '/health/ready', 200],
  ['POST', '/session/a/acquire', 200],
  ['POST', '/session/a/files', 200],
  ['POST', '/session/a/renew', 200],
  ['POST', '/session/a/register', 200],
  ['POST', '/session/a/release', 202],
  ['POST', '/session/a/release?force=true', 202],
  ['POST', '/session/a/protect', 200],
  ['POST', '/session/a/force', 200],
  ['POST', '/session/a/unprotect', 200],
  ['GET', '/session/a', 200],
  ['GET', '/sessions', 200],
  ['POST', '/cleanup', 200],
  ['POST', '/nuke', 200],
  ['GET', '/metrics', 200],
  ['GET', '/capacity', 200],
  ['POST', '/files', 200],
  ['GET', '/files', 200],
  ['GET', '/files/stats', 200],
  ['GET', '/files/file-1', 200],
  ['DELETE', '/files/file-1', 200],
  ['POST', '/files/cleanup', 200],
  ['POST', '/files/orphans/cleanup', 200],
  ['GET', '/config/timeouts', 200],
  ['GET', '/config/limits', 200],
  ['GET', '/orphans', 200],
  ['POST', '/sweep', 200],
  ['GET', '/jobs', 200],
  ['GET', '/results/stats', 200],
  ['POST', '/results/cleanup', 202],
  ['POST', '/aged-files/cleanup', 202],
  ['POST', '/conversations/cleanup', 202],
  ['GET', '/backups', 200],
  ['POST', '/backups', 202],
  ['POST', '/track/cleanup', 200],
  ['GET', '/openapi.json', 200],
  ['GET', '/docs', 200],
  ['GET', '/', 302],
] as const;
const OPEN = new Set(['/health', '/health/ready']);
const FOR_OPERATORS = new Set([
  '/jobs',
  '/nuke',
  '/sweep',
  '/files/cleanup',
  '/files/orphans/cleanup',
  '/results/cleanup',
  '/aged-files/cleanup',
  '/conversations/cleanup',
  '/backups',
  '/session/a/protect',
  '/session/a/force',
  '/session/a/unprotect',
  '/session/a/release?force=true',
]);

type Method = 'GET' | 'POST' | 'DELETE';
type Route = readonly [Method, string, ...unknown[]];
const appOf = sharedApps();
let stub: Awaited<ReturnType<typeof appOf>> | undefined;

async function start(settings: Partial<ApiSettings>): Promise<void> {
  stub = await appOf({ settings: { allowNuke: true, ...settings } });
}

async function call([method, url]: Route | readonly [Method, string], headers: Record<string, string>) {
  if (stub === undefined) throw new Error('start() first');
  const upload = method === 'POST' && url === '/files' ? UPLOAD : undefined;
  const withBody = url.endsWith('/files') ? FILES : undefined;
  const register = url.endsWith('/register')
    ? { payload: '{"vector_store_id":"vs"}', headers: FILES.headers }
    : undefined;
  const report = url.startsWith('/track/') ? REPORT : undefined;
  const force = url.endsWith('/force')
    ? { payload: '{"by":"a","reason":"b"}', headers: FILES.headers }
    : undefined;
  const extra = upload ?? withBody ?? register ?? report ?? force;
  return stub.app.inject({
    method,
    url,
    headers: { ...LOOPBACK, ...extra?.headers, ...headers },
    ...(extra === undefined ? {} : { payload: extra.payload }),
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the list above', () => {
  it('names every route of the description', async () => {
    await start({});
    const document = stub?.app.swagger() as { paths: Record<string, object> };
    const described = Object.keys(document.paths).map((path) =>
      path.replace('{session_id}', 'a').replace('{file_id}', 'file-1'),
    );
    const listed = new Set<string>(ROUTES.map(([, url]) => url.replace(/\?.*/, '')));
    expect([...listed].filter((url) => url !== '/docs').sort()).toEqual(described.sort());
  });
});

describe('with API_TOKEN', () => {
  it.each(ROUTES)('%s %s', async (...route) => {
    await start({ apiToken: 'secret-token' });
    const refused = [
      await call(route, {}),
      await call(route, bearer('wrong')),
      await call(route, bearer('secret-token2')),
      await call(route, bearer('secret-toke')),
      await call(route, { authorization: 'Basic secret-token' }),
      await call(route, { authorization: 'Bearer ' }),
    ];
    for (const answer of refused) {
      if (OPEN.has(route[1])) {
        expect(answer.statusCode).toBe(200);
      } else {
        expect([answer.statusCode, answer.body]).toEqual([401, '{"detail":"Not authenticated"}']);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
    expect(stub?.calls).toEqual([]);
    expect((await call(route, bearer('secret-token'))).statusCode).toBe(route[2]);
    expect((await call(route, { authorization: 'bearer  secret-token' })).statusCode).toBe(route[2]);
  });

  it('callers come from anywhere: the token decides', async () => {
    await start({ apiToken: 'secret-token' });
    const headers = { ...bearer('secret-token'), host: 'leases.example', origin: 'https://evil.example' };
    expect((await call(['POST', '/session/a/renew'], headers)).statusCode).toBe(200);
  });

  it('shows the details of readiness to callers with a token only', async () => {
    await start({ apiToken: 'secret-token' });
    expect((await call(['GET', '/health/ready'], {})).json()).toEqual({ status: 'ready' });
    expect((await call(['GET', '/health/ready'], bearer('secret-token'))).json()).toHaveProperty(
      'components',
    );
  });

  it('tells strangers not even which routes exist', async () => {
    await start({ apiToken: 'secret-token' });
    expect((await call(['GET', '/nope'], {})).statusCode).toBe(401);
    expect((await call(['GET', '/nope'], bearer('secret-token'))).statusCode).toBe(404);
  });

  it('reads no body of a stranger', async () => {
    await start({ apiToken: 'secret-token' });
    const answer = await stub?.app.inject({
      method: 'POST',
      url: '/session/a/files',
      headers: { ...LOOPBACK, 'content-type': 'application/json' },
      payload: '{broken',
    });
    expect(answer?.statusCode).toBe(401);
  });
});

describe('with API_TOKEN and OPERATOR_TOKEN', () => {
  it.each(ROUTES)('%s %s', async (...route) => {
    await start({ apiToken: 'client', operatorToken: 'boss' });
    const asClient = await call(route, bearer('client'));
    if (FOR_OPERATORS.has(route[1])) {
      expect(asClient.statusCode).toBe(403);
      expect(asClient.json()).toMatchObject({ code: 'OPERATOR_ONLY' });
      expect((await call(route, {})).statusCode).toBe(401);
      expect(stub?.calls).toEqual([]);
    } else {
      expect(asClient.statusCode).toBe(route[2]);
    }
    expect((await call(route, bearer('boss'))).statusCode).toBe(route[2]);
  });

  it.each(['1', 'on', 'maybe', 'false&force=true'])('release?force=%s is forced', async (force) => {
    await start({ apiToken: 'client', operatorToken: 'boss' });
    const answer = await call(['POST', `/session/a/release?force=${force}`], bearer('client'));
    expect(answer.statusCode).toBe(403);
  });

  it('release?force=false is not', async () => {
    await start({ apiToken: 'client', operatorToken: 'boss' });
    const answer = await call(['POST', '/session/a/release?force=false'], bearer('client'));
    expect(answer.statusCode).toBe(202);
  });
});

describe('with OPERATOR_TOKEN alone', () => {
  it.each(ROUTES)('%s %s', async (...route) => {
    await start({ operatorToken: 'boss' });
    const anyone = await call(route, {});
    expect(anyone.statusCode).toBe(FOR_OPERATORS.has(route[1]) ? 401 : route[2]);
    expect((await call(route, bearer('boss'))).statusCode).toBe(route[2]);
    expect((await call(route, { ...bearer('boss'), host: 'evil.example' })).statusCode).toBe(403);
  });
});

describe('without a token', () => {
  const FOREIGN: Record<string, string>[] = [
    { host: 'evil.example' },
    { host: '192.168.1.7:9876' },
    { host: '127.0.0.1.evil.example' },
    { host: 'localhost.evil.example:80' },
    { host: '0.0.0.0:9876' },
    { host: 'notlocalhost:9876' },
    { host: 'evil.example@127.0.0.1' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:3000' },
    { origin: 'http://127.0.0.1:9876.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  const OWN: Record<string, string>[] = [
    {},
    { host: 'localhost:9876' },
    { host: 'LOCALHOST' },
    { host: '[::1]:9876' },
    { host: '127.8.9.1' },
    { origin: 'http://127.0.0.1:9876', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ];

  it.each(ROUTES)('%s %s is for this machine only', async (...route) => {
    await start({});
    for (const headers of FOREIGN) {
      const answer = await call(route, headers);
      expect([headers, answer.statusCode, answer.json()]).toMatchObject([
        headers,
        403,
        { code: 'HOST_FORBIDDEN' },
      ]);
    }
    expect(stub?.calls).toEqual([]);
    for (const headers of OWN)
      expect([headers, (await call(route, headers)).statusCode]).toEqual([headers, route[2]]);
  });

  it('refuses on unknown routes too', async () => {
    await start({});
    expect((await call(['GET', '/nope'], { host: 'evil.example' })).statusCode).toBe(403);
  });
});

describe('CORS', () => {
  const ORIGIN = 'https://app.example';
  const preflight = { origin: ORIGIN, 'access-control-request-method': 'POST' };

  it('is off', async () => {
    await start({ apiToken: 'client' });
    const answer = await call(['GET', '/health'], { origin: ORIGIN });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([undefined, 'client'])('lets listed origins in (token %s)', async (apiToken) => {
    await start({ corsOrigins: [ORIGIN, 'https://b.example'], apiToken });
    const headers = { origin: ORIGIN, 'sec-fetch-site': 'cross-site', ...bearer('client') };
    const answer = await call(['POST', '/session/a/renew'], headers);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(answer.headers['access-control-expose-headers']).toContain('X-Lease-Id');
    const asked = await stub?.app.inject({
      method: 'OPTIONS',
      url: '/session/a/renew',
      headers: { ...LOOPBACK, ...preflight },
    });
    expect([asked?.statusCode, asked?.headers['access-control-allow-origin']]).toEqual([204, ORIGIN]);
  });

  it('keeps others out, and does not open the Host', async () => {
    await start({ corsOrigins: [ORIGIN] });
    expect((await call(['POST', '/session/a/renew'], { origin: 'https://evil.example' })).statusCode).toBe(
      403,
    );
    expect(
      (await call(['POST', '/session/a/renew'], { origin: ORIGIN, host: 'app.example' })).statusCode,
    ).toBe(403);
  });
});

describe('RATE_LIMIT_PER_MINUTE', () => {
  it('answers 429 with Retry-After, but never on health checks', async () => {
    await start({ rateLimitPerMinute: 2 });
    for (const status of [200, 200, 429]) {
      expect((await call(['POST', '/session/a/renew'], {})).statusCode).toBe(status);
    }
    const answer = await call(['POST', '/session/a/renew'], {});
    expect(answer.json()).toMatchObject({ code: 'RATE_LIMITED' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await call(['GET', '/health'], {})).statusCode).toBe(200);
  });
});
