import { describe, expect, it } from 'vitest';
import { QUICK_LIMIT_MS } from '../../../api/deadline.ts';
import { ServiceError } from '../../../domain/errors.ts';
import { asker, refuse } from './ask.ts';
import { LEASE_ID } from './stub.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const { ask, last } = asker();

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
    expect(last().calls).toEqual([
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
      headers: headers,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.statusCode).toBe(200);
    expect(last().calls).toMatchObject([['acquire', { protect: false }]]);
  });

  it.each([
    ['{', JSON_BODY, 'json_invalid', ['body', 1]],
    [' ', JSON_BODY, 'json_invalid', ['body', 1]],
    ['[]', JSON_BODY, 'model_attributes_type', ['body']],
    ['{}', { 'content-type': 'text/plain' }, 'model_attributes_type', ['body']],
    ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 'model_attributes_type', ['body']],
    ['{}', { 'content-type': 'garbage' }, 'model_attributes_type', ['body']],
    ['[]', { 'content-type': 'application/json;;=' }, 'model_attributes_type', ['body']],
    ['{"protected":"maybe"}', JSON_BODY, 'bool_parsing', ['body', 'protected']],
    ['{"protected":null}', JSON_BODY, 'bool_parsing', ['body', 'protected']],
  ])('refuses the body %j with %j', async (body, headers, type, loc) => {
    const answer = await ask('POST', '/session/a/acquire', {
      body,
      headers: headers,
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ detail: [{ type, loc }] });
    expect(last().calls).toEqual([]);
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
    expect(last().calls).toMatchObject([['track', { sessionId: 'a', leaseId: 'L', ...lists }]]);
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
    expect(last().calls).toEqual([]);
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
      expect(last().calls).toMatchObject([['renew', { sessionId: 'a', leaseId: null }]]);
    },
  );

  it('passes X-Lease-Id on and answers LEASE_REPLACED', async () => {
    const answer = await ask('POST', '/session/a/renew', {
      headers: { 'x-lease-id': 'not a lease id!' },
      leases: { renew: refuse(new ServiceError('LEASE_REPLACED')) },
    });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'LEASE_REPLACED' });
    expect(last().calls).toMatchObject([['renew', { leaseId: 'not a lease id!' }]]);
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

  it('answers in time when the ledger never does', async () => {
    expect(QUICK_LIMIT_MS).toBeLessThan(4_000);
    const startedAt = performance.now();
    const answer = await ask('POST', '/session/a/renew', {
      leases: { renew: () => new Promise(() => undefined) },
    });
    // Its clients wait for 5 s.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
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
    expect(last().calls).toMatchObject([['register', { sessionId: 'a', vectorStoreId: 'vs_1', protect }]]);
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
    expect(last().calls).toEqual([['cleanup', 1_234]]);
  });

  it('does not nuke unless allowed', async () => {
    const answer = await ask('POST', '/nuke');
    expect([answer.statusCode, answer.json()]).toMatchObject([403, { code: 'NUKE_DISABLED' }]);
    expect(last().calls).toEqual([]);
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
    expect(last().calls).toEqual([['nuke', registered, 8_000]]);
  });

  it('refuses ?registered=maybe', async () => {
    const answer = await ask('POST', '/nuke?registered=maybe', { settings: { allowNuke: true } });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      { detail: [{ loc: ['query', 'registered'] }] },
    ]);
  });
});
