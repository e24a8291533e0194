import { afterEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../domain/errors.ts';
import { LEASE_ID, stubApp, type Options } from './stub.ts';

const HOST = { host: '127.0.0.1:9876' };
const JSON_BODY = { 'content-type': 'application/json' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Stub = Awaited<ReturnType<typeof stubApp>>;
let stub: Stub | undefined;
afterEach(() => stub?.app.close());

async function ask(
  method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD' | 'OPTIONS',
  url: string,
  how: Options & { body?: string; headers?: Record<string, string> } = {},
) {
  await stub?.app.close();
  stub = await stubApp(how);
  const { body, headers } = how;
  return stub.app.inject({
    method,
    url,
    headers: { ...HOST, ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
}

const refuse = (error: Error) => () => Promise.reject(error);

describe('GET /health', () => {
  it('says exactly that it is healthy, whatever else is down', async () => {
    const down = refuse(new ServiceError('LEDGER_UNAVAILABLE'));
    const answer = await ask('GET', '/health', {
      leases: { get: down, list: down },
      components: { ledger: { ok: false, latency_ms: 1 } },
    });
    expect([answer.statusCode, answer.body]).toEqual([200, '{"status":"healthy"}']);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  });
});

describe('POST /session/{id}/acquire', () => {
  it('answers the store, whether it is reused, and what is tracked', async () => {
    const answer = await ask('POST', '/session/a%20b/acquire', {
      leases: {
        acquire: () =>
          Promise.resolve({
            leaseId: LEASE_ID,
            secondsLeft: 3_600,
            vectorStoreId: 'vs_9',
            reused: true,
            files: ['f1', 'f2'],
            filePaths: ['/p'],
          }),
      },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(
      '{"vector_store_id":"vs_9","reused":true,"files":["f1","f2"],"file_paths":["/p"]}',
    );
    expect(answer.headers).toMatchObject({ 'x-lease-id': LEASE_ID, 'x-lease-seconds': '3600' });
    expect(stub?.calls).toEqual([
      ['acquire', { sessionId: 'a b', protect: false, requestId: answer.headers['x-request-id'] }],
    ]);
  });

  it('has no X-Lease-Seconds for a protected lease', async () => {
    const answer = await ask('POST', '/session/a/acquire', {
      body: '{"protected":"Yes"}',
      headers: JSON_BODY,
      leases: {
        acquire: ({ protect }) =>
          Promise.resolve({
            leaseId: LEASE_ID,
            secondsLeft: protect ? null : 1,
            vectorStoreId: 'vs',
            reused: false,
            files: [],
            filePaths: [],
          }),
      },
    });
    expect(answer.headers).toHaveProperty('x-lease-id', LEASE_ID);
    expect(answer.headers).not.toHaveProperty('x-lease-seconds');
  });

  it.each([
    [undefined, {}],
    ['', JSON_BODY],
    ['', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }],
    ['', { 'content-type': 'garbage' }],
    ['{}', JSON_BODY],
    ['{}', {}],
    ['null', JSON_BODY],
    ['{"protected":false}', { 'content-type': 'application/vnd.x+json; charset=utf-8' }],
    ['{"__proto__":{"protected":true},"x":1}', JSON_BODY],
  ])('takes the body %j with %j', async (body, headers) => {
    const answer = await ask('POST', '/session/a/acquire', {
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.statusCode).toBe(200);
    expect(stub?.calls).toMatchObject([['acquire', { protect: false }]]);
  });

  it.each([
    ['{', JSON_BODY, 'json_invalid', ['body', 1]],
    [' ', JSON_BODY, 'json_invalid', ['body', 1]],
    ['[]', JSON_BODY, 'model_attributes_type', ['body']],
    ['{}', { 'content-type': 'text/plain' }, 'model_attributes_type', ['body']],
    ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 'model_attributes_type', ['body']],
    ['{}', { 'content-type': 'garbage' }, 'model_attributes_type', ['body']],
    ['{"protected":"maybe"}', JSON_BODY, 'bool_parsing', ['body', 'protected']],
    ['{"protected":null}', JSON_BODY, 'bool_parsing', ['body', 'protected']],
  ])('refuses the body %j with %j', async (body, headers, type, loc) => {
    const answer = await ask('POST', '/session/a/acquire', {
      body,
      headers: headers as Record<string, string>,
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ detail: [{ type, loc }] });
    expect(stub?.calls).toEqual([]);
  });

  it('takes as long as the leases take, but not longer than its limit', async () => {
    const answer = await ask('POST', '/session/a/acquire', {
      settings: { acquireTimeoutMs: -990 },
      leases: { acquire: () => new Promise(() => undefined) },
    });
    expect(answer.statusCode).toBe(504);
    expect(answer.json()).toMatchObject({ code: 'ACQUIRE_TIMEOUT' });
  });

  it.each([
    ['PROVIDER_REFUSED', 502],
    ['PROVIDER_UNAVAILABLE', 503],
    ['PROVIDER_HAS_NO_STORES', 503],
    ['LEDGER_UNAVAILABLE', 503],
    ['ACQUIRE_TIMEOUT', 504],
  ] as const)('answers %s with %i', async (code, status) => {
    const answer = await ask('POST', '/session/a/acquire', {
      leases: { acquire: refuse(new ServiceError(code)) },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({
      detail: expect.any(String),
      code,
      request_id: answer.headers['x-request-id'],
    });
    expect(answer.headers).not.toHaveProperty('retry-after');
  });

  it("passes the provider's Retry-After on", async () => {
    const error = new ServiceError('PROVIDER_THROTTLED', { retryAfterSeconds: 17 });
    const answer = await ask('POST', '/session/a/acquire', { leases: { acquire: refuse(error) } });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('17');
  });
});

describe('POST /session/{id}/files', () => {
  it.each([
    ['["f1","f2"]', { fileIds: ['f1', 'f2'], filePaths: [] }],
    ['{"file_paths":["/p"]}', { fileIds: [], filePaths: ['/p'] }],
    ['{"file_ids":["f"],"file_paths":[]}', { fileIds: ['f'], filePaths: [] }],
    ['[]', { fileIds: [], filePaths: [] }],
  ])('takes %s', async (body, lists) => {
    const answer = await ask('POST', '/session/a/files', {
      body,
      headers: { ...JSON_BODY, 'x-lease-id': 'L' },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ tracked: lists.fileIds.length + lists.filePaths.length });
    expect(answer.headers).toMatchObject({ 'x-lease-id': LEASE_ID, 'x-lease-seconds': '3599' });
    expect(stub?.calls).toMatchObject([['track', { sessionId: 'a', leaseId: 'L', ...lists }]]);
  });

  it.each([
    [undefined, 'missing', ['body']],
    ['null', 'missing', ['body']],
    ['{}', 'missing', ['body', 'file_paths']],
    ['[1]', 'string_type', ['body', 0]],
    ['true', 'model_attributes_type', ['body']],
    ['{"file_paths":"x"}', 'list_type', ['body', 'file_paths']],
    ['["\\ud800"]', 'string_unicode', ['body', 0]],
    ['["\\u0000"]', 'string_unicode', ['body', 0]],
    ['{"file_paths":[', 'json_invalid', ['body', 15]],
    [JSON.stringify(['x'.repeat(4_097)]), 'string_too_long', ['body', 0]],
    [JSON.stringify(Array(10_001).fill('x')), 'too_long', ['body']],
  ])('refuses %#, before the session is looked up', async (body, type, loc) => {
    const answer = await ask('POST', '/session/unknown/files', {
      leases: { track: refuse(new ServiceError('SESSION_NOT_FOUND')) },
      headers: JSON_BODY,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ detail: [{ type, loc }] });
    expect(stub?.calls).toEqual([]);
  });

  it.each(['["f"]', '{"file_paths":[]}'])(
    'is 404 for an unknown session and the valid body %s',
    async (body) => {
      const answer = await ask('POST', '/session/unknown/files', {
        leases: { track: refuse(new ServiceError('SESSION_NOT_FOUND')) },
        headers: JSON_BODY,
        body,
      });
      expect([answer.statusCode, answer.body]).toEqual([404, '{"detail":"Session not found"}']);
    },
  );

  it.each(['FILE_BEING_DELETED', 'LEASE_FULL', 'LEASE_REPLACED'] as const)('is 409 for %s', async (code) => {
    const answer = await ask('POST', '/session/a/files', {
      leases: { track: refuse(new ServiceError(code)) },
      headers: JSON_BODY,
      body: '[]',
    });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code });
  });

  it('is 503 with Retry-After while the lease is being made', async () => {
    const error = new ServiceError('LEASE_SETTLING', { retryAfterSeconds: 1 });
    const answer = await ask('POST', '/session/a/files', {
      leases: { track: refuse(error) },
      headers: JSON_BODY,
      body: '[]',
    });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
  });
});

describe('POST /session/{id}/renew', () => {
  it.each([[undefined], [''], ['{}'], ['{broken'], ['\xff']])(
    'renews, whatever the body (%j)',
    async (body) => {
      const answer = await ask('POST', '/session/a/renew', {
        headers: JSON_BODY,
        ...(body === undefined ? {} : { body }),
      });
      expect([answer.statusCode, answer.body]).toEqual([200, '{"status":"renewed"}']);
      expect(answer.headers).toMatchObject({ 'x-lease-id': LEASE_ID, 'x-lease-seconds': '3599' });
      expect(stub?.calls).toMatchObject([['renew', { sessionId: 'a', leaseId: null }]]);
    },
  );

  it('passes X-Lease-Id on and answers LEASE_REPLACED', async () => {
    const answer = await ask('POST', '/session/a/renew', {
      headers: { 'x-lease-id': 'not a lease id!' },
      leases: { renew: refuse(new ServiceError('LEASE_REPLACED')) },
    });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'LEASE_REPLACED' });
    expect(stub?.calls).toMatchObject([['renew', { leaseId: 'not a lease id!' }]]);
  });

  it('is 404 for an unknown session', async () => {
    const answer = await ask('POST', '/session/a/renew', {
      leases: { renew: refuse(new ServiceError('SESSION_NOT_FOUND')) },
    });
    expect([answer.statusCode, answer.body]).toEqual([404, '{"detail":"Session not found"}']);
  });

  it('leaks nothing of an error nobody foresaw', async () => {
    const answer = await ask('POST', '/session/a/renew', {
      leases: { renew: refuse(new Error('duplicate key sk-secret in relation "lease"')) },
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({
      detail: 'Internal error.',
      code: 'INTERNAL',
      request_id: answer.headers['x-request-id'],
    });
  });

  it('answers within 4 s when the ledger never does', async () => {
    const startedAt = performance.now();
    const answer = await ask('POST', '/session/a/renew', {
      leases: { renew: () => new Promise(() => undefined) },
    });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { code: 'LEDGER_UNAVAILABLE' }]);
  });
});

describe('POST /session/{id}/register', () => {
  it.each([
    ['{"vector_store_id":"vs_1"}', true],
    ['{"vector_store_id":"vs_1","protected":0}', false],
  ])('takes %s', async (body, protect) => {
    const answer = await ask('POST', '/session/a/register', { headers: JSON_BODY, body });
    expect([answer.statusCode, answer.body]).toEqual([200, '{"status":"registered"}']);
    expect(stub?.calls).toMatchObject([['register', { sessionId: 'a', vectorStoreId: 'vs_1', protect }]]);
  });

  it('names the store of a session that has one', async () => {
    const answer = await ask('POST', '/session/a/register', {
      headers: JSON_BODY,
      body: '{"vector_store_id":"vs_2"}',
      leases: { register: () => Promise.resolve({ status: 'already_registered', existingStoreId: 'vs_1' }) },
    });
    expect(answer.body).toBe('{"status":"already_registered","existing_store_id":"vs_1"}');
  });

  it.each([
    [undefined, 'missing', ['body']],
    ['{}', 'missing', ['body', 'vector_store_id']],
    ['{"vector_store_id":1}', 'string_type', ['body', 'vector_store_id']],
    ['{"vector_store_id":"vs","protected":"maybe"}', 'bool_parsing', ['body', 'protected']],
  ])('refuses %j', async (body, type, loc) => {
    const answer = await ask('POST', '/session/a/register', {
      headers: JSON_BODY,
      ...(body === undefined ? {} : { body }),
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([422, { detail: [{ type, loc }] }]);
  });

  it('is 409 for a store that another lease holds', async () => {
    const answer = await ask('POST', '/session/a/register', {
      headers: JSON_BODY,
      body: '{"vector_store_id":"vs_2"}',
      leases: { register: refuse(new ServiceError('STORE_LEASED')) },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'STORE_LEASED' }]);
  });
});

describe('POST /cleanup and POST /nuke', () => {
  it('cleans up for as long as configured', async () => {
    const answer = await ask('POST', '/cleanup', { settings: { cleanupWaitMs: 1_234 } });
    expect([answer.statusCode, answer.body]).toEqual([200, '{"cleaned":2}']);
    expect(stub?.calls).toEqual([['cleanup', 1_234]]);
  });

  it('does not nuke unless allowed', async () => {
    const answer = await ask('POST', '/nuke');
    expect([answer.statusCode, answer.json()]).toMatchObject([403, { code: 'NUKE_DISABLED' }]);
    expect(stub?.calls).toEqual([]);
  });

  it.each([
    ['/nuke', false],
    ['/nuke?registered=true', true],
    ['/nuke?registered=0', false],
  ])('%s', async (url, registered) => {
    const answer = await ask('POST', url, { settings: { allowNuke: true } });
    expect(answer.json()).toEqual({
      sessions_deleted: 3,
      vector_stores_deleted: 2,
      message: 'Successfully nuked 3 sessions and 2 vector stores with all their files',
    });
    expect(stub?.calls).toEqual([['nuke', registered, 8_000]]);
  });

  it('refuses ?registered=maybe', async () => {
    const answer = await ask('POST', '/nuke?registered=maybe', { settings: { allowNuke: true } });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      { detail: [{ loc: ['query', 'registered'] }] },
    ]);
  });
});

describe('the own routes', () => {
  it('show a lease', async () => {
    const answer = await ask('GET', '/session/a%20b');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      lease_id: LEASE_ID,
      session_id: 'a b',
      state: 'active',
      vector_store_id: 'vs_1',
      registered: false,
      protected: false,
      expires_at: '2026-01-01T13:00:00.000Z',
      seconds_left: 3_600,
      created_at: '2026-01-01T12:00:00.000Z',
      renewed_at: null,
      ended_at: null,
      end_reason: null,
      files: ['file-1'],
      file_paths: ['/a'],
      deleted_files: ['file-0'],
      workflow_id: 'session/a b',
      workflow_url: 'http://127.0.0.1:8233/namespaces/default/workflows/session%2Fa%20b',
      stuck: null,
    });
    expect(answer.headers).not.toHaveProperty('x-lease-id');
  });

  it('are 404 with a code for an unknown session', async () => {
    const unknown = refuse(new ServiceError('SESSION_NOT_FOUND'));
    for (const [method, url] of [
      ['GET', '/session/a'],
      ['POST', '/session/a/release'],
      ['POST', '/session/a/protect'],
      ['POST', '/session/a/unprotect'],
    ] as const) {
      const answer = await ask(method, url, {
        leases: { get: unknown, release: unknown, setProtected: unknown },
      });
      expect([answer.statusCode, answer.json()]).toMatchObject([
        404,
        { detail: 'Session not found', code: 'SESSION_NOT_FOUND' },
      ]);
    }
  });

  it('list leases page by page', async () => {
    const answer = await ask('GET', '/sessions?state=active&stuck=no&limit=7&cursor=abc');
    expect(answer.json()).toMatchObject({ leases: [{ lease_id: LEASE_ID, stuck: null }], next_cursor: null });
    expect(answer.json<{ leases: object[] }>().leases[0]).not.toHaveProperty('files');
    expect(stub?.calls).toEqual([['list', { state: 'active', stuck: false, cursor: 'abc', limit: 7 }]]);
    const all = await ask('GET', '/sessions');
    expect(all.statusCode).toBe(200);
    expect(stub?.calls).toEqual([['list', { state: null, stuck: null, cursor: null, limit: 50 }]]);
  });

  it('show what is stuck', async () => {
    const { DETAIL } = await import('./stub.ts');
    const stuck = { since: '2026-01-01T00:00:00Z', attempts: 4, lastError: '401', nextTryAt: null };
    const answer = await ask('GET', '/session/a', {
      leases: { get: () => Promise.resolve({ ...DETAIL, state: 'draining', leftMs: null, stuck }) },
    });
    expect(answer.json()).toMatchObject({
      seconds_left: null,
      stuck: { since: '2026-01-01T00:00:00Z', attempts: 4, last_error: '401', next_try_at: null },
    });
  });

  it.each([
    ['/session/a/release', false],
    ['/session/a/release?force=true', true],
    ['/session/a/release?force=off', false],
  ])('%s is accepted', async (url, force) => {
    const answer = await ask('POST', url, { headers: { 'x-lease-id': LEASE_ID } });
    expect([answer.statusCode, answer.body]).toEqual([202, '{"status":"releasing"}']);
    expect(stub?.calls).toMatchObject([['release', { sessionId: 'a', leaseId: LEASE_ID, force }]]);
  });

  it('do not release a protected lease', async () => {
    const answer = await ask('POST', '/session/a/release', {
      leases: { release: refuse(new ServiceError('LEASE_PROTECTED')) },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'LEASE_PROTECTED' }]);
  });

  it.each([
    ['protect', true],
    ['unprotect', false],
  ])('%s answers the lease', async (verb, protect) => {
    const answer = await ask('POST', `/session/a/${verb}`);
    expect([answer.statusCode, answer.json()]).toMatchObject([
      200,
      { lease_id: LEASE_ID, files: ['file-1'] },
    ]);
    expect(stub?.calls).toEqual([['setProtected', 'a', protect]]);
  });

  it.each([
    [true, 200, 'ready'],
    [false, 503, 'not_ready'],
  ])('tell readiness (%s)', async (ok, status, word) => {
    const components = { ledger: { ok: true, latency_ms: 1.5 }, worker: { ok, latency_ms: 2, extra: [1] } };
    const answer = await ask('GET', '/health/ready', { components });
    expect([answer.statusCode, answer.json()]).toEqual([status, { status: word, components }]);
  });

  it('give metrics that count this very route', async () => {
    await ask('POST', '/session/a/renew');
    await stub?.app.inject({ method: 'GET', url: '/nope', headers: HOST });
    const answer = await stub?.app.inject({ method: 'GET', url: '/metrics', headers: HOST });
    expect(answer?.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer?.body).toContain(
      'loiter_killer_http_request_duration_seconds_count{route="/session/:session_id/renew",method="POST",status="2xx"} 1',
    );
    expect(answer?.body).toContain('{route="unknown",method="GET",status="4xx"} 1');
  });

  it('lead from / to a page that may run its own scripts only', async () => {
    const root = await ask('GET', '/');
    expect([root.statusCode, root.headers['location']]).toEqual([302, '/docs']);
    const page = await ask('GET', '/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('swagger-ui');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const openapi = await ask('GET', '/openapi.json');
    expect(openapi.json()).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('paths and methods', () => {
  it.each([
    ['GET', '/nope'],
    ['POST', '/session'],
    ['GET', '/session/'],
    ['POST', '/session//acquire'],
    ['POST', '/session/a%2Fb/acquire'],
    ['POST', '/session/a%2fb/acquire'],
    ['GET', '/session/a%2Fb/acquire'],
    ['POST', '/session/a/b/acquire'],
    ['GET', '/capacity'],
    ['GET', '//health'],
    ['GET', '/Health'],
    ['GET', '/%FF'],
  ] as const)('%s %s is no route', async (method, url) => {
    const answer = await ask(method, url);
    expect([answer.statusCode, answer.body]).toEqual([404, '{"detail":"Not Found"}']);
    expect(stub?.calls).toEqual([]);
  });

  it.each([
    ['POST', '/health', 'GET, HEAD'],
    ['GET', '/session/a/acquire', 'POST'],
    ['PUT', '/session/a%20b/files/', 'POST'],
    ['DELETE', '/session/a', 'GET, HEAD'],
    ['OPTIONS', '/cleanup', 'POST'],
    ['GET', '/nuke?registered=1', 'POST'],
    ['PATCH', '/', 'GET, HEAD'],
  ] as const)('%s %s is another method', async (method, url, allow) => {
    const answer = await ask(method, url);
    expect([answer.statusCode, answer.body]).toEqual([405, '{"detail":"Method Not Allowed"}']);
    expect(answer.headers['allow']).toBe(allow);
  });

  it.each(['/health/', '/sessions/', '/session/a/', '/metrics/', '/openapi.json/'])(
    '%s works',
    async (url) => {
      expect((await ask('GET', url)).statusCode).toBe(200);
    },
  );

  it.each([
    ['a%20b', 'a b'],
    ['%C3%A4%F0%9F%98%80', 'ä😀'],
    ['a+b;c=d@e:f', 'a+b;c=d@e:f'],
    ['%2541', '%41'],
    ['100%25', '100%'],
    ['a%3Fb%23c', 'a?b#c'],
    ['%C3%A9'.repeat(120), 'é'.repeat(120)],
    ['acquire', 'acquire'],
    ['__proto__', '__proto__'],
  ])('the id %s is %s', async (segment, sessionId) => {
    const answer = await ask('POST', `/session/${segment}/renew/?x=%FF`);
    expect(answer.statusCode).toBe(200);
    expect(stub?.calls).toMatchObject([['renew', { sessionId }]]);
  });

  it.each([
    ['x'.repeat(241), 'string_too_long'],
    ['%C3%A9'.repeat(121), 'string_too_long'],
    ['x'.repeat(10_000), 'string_too_long'],
    ['a%00b', 'string_unicode'],
    ['%FF', 'string_unicode'],
    ['%ED%A0%80', 'string_unicode'],
    ['%C3', 'string_unicode'],
    ['%zz', 'string_unicode'],
  ])('the id %s is refused', async (segment, type) => {
    for (const verb of ['acquire', 'renew', 'release', 'protect']) {
      const answer = await ask('POST', `/session/${segment}/${verb}`);
      expect(answer.statusCode).toBe(422);
      expect(answer.json()).toMatchObject({ detail: [{ type, loc: ['path', 'session_id'] }] });
      expect(stub?.calls).toEqual([]);
    }
  });
});

describe('request ids', () => {
  it.each(['abc-1.2_3', 'x'.repeat(128)])('a sane one is kept (%s)', async (id) => {
    const answer = await ask('GET', '/health', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toBe(id);
  });

  it.each(['', 'a b', 'x'.repeat(129), 'ä', '"'])('another is replaced (%j)', async (id) => {
    const answer = await ask('GET', '/health', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toMatch(UUID);
  });

  it.each([
    ['GET', '/nope'],
    ['POST', '/health'],
    ['POST', '/session/%FF/renew'],
    ['GET', '/docs'],
  ] as const)('are on every answer: %s %s', async (method, url) => {
    expect((await ask(method, url)).headers['x-request-id']).toMatch(UUID);
  });
});
