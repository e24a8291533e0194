/** Paths, methods, limits and documents of the running service, by raw sockets where fetch tidies up. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, call, post, raw, show, track } from './session-calls.ts';

const MAX_BODY = 10_485_760;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ LEASE_SECONDS: 600, LOG_LEVEL: 'warn' });
});

/** Sends a request line and headers as they are; the answer as it came. */
const send = (method: string, target: string, headers = '', body = '') =>
  raw(stack, `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers}\r\n${body}`);

describe('session ids', () => {
  it.each([
    ['a%20b', 'a b'],
    ['%C3%A4%F0%9F%98%80', 'ä😀'],
    ['%2541', '%41'],
    ['%2E%2E', '..'],
    ['..', '..'],
    ['acquire', 'acquire'],
    ['__proto__', '__proto__'],
    ["o'br%3B--%22", `o'br;--"`],
    ['%C3%A9'.repeat(120), 'é'.repeat(120)],
  ])('id %# is taken as it is', async (segment, id) => {
    expect(await send('POST', `/session/${segment}/acquire`)).toMatch(/^HTTP\/1.1 200 .*"reused":false/s);
    expect(await send('POST', `/session/${segment}/acquire/`)).toMatch(/^HTTP\/1.1 200 .*"reused":true/s);
    expect(await send('GET', `/session/${segment}`)).toContain(`"session_id":${JSON.stringify(id)}`);
    expect(await send('POST', `/session/${segment}/release`)).toMatch(/^HTTP\/1.1 202 /);
  });

  it.each([
    ['x'.repeat(241), 'string_too_long'],
    ['%C3%A9'.repeat(121), 'string_too_long'],
    ['a%00b', 'string_unicode'],
    ['%FF', 'string_unicode'],
    ['%ED%A0%80', 'string_unicode'],
    ['%zz', 'string_unicode'],
  ])('id %# is refused with 422', async (segment, type) => {
    for (const verb of ['acquire', 'renew', 'files', 'register', 'release', 'protect']) {
      const answer = await send('POST', `/session/${segment}/${verb}`);
      expect(answer).toMatch(/^HTTP\/1.1 422 /);
      expect(answer).toContain(`"type":"${type}","loc":["path","session_id"]`);
    }
    expect(await send('GET', `/session/${segment}`)).toMatch(/^HTTP\/1.1 422 /);
  });
});

describe('unknown routes and wrong methods', () => {
  it.each([
    'GET /nope',
    'POST /session//acquire',
    'POST //session/a/acquire',
    'POST /session/a%2Fb/acquire',
    'POST /session/a%2fb/renew',
    'POST /session/a/b/acquire',
    'GET /session/',
    'POST /session/a/forget',
    'GET /Health',
    'GET /capacity/1',
    'POST /sweep/1',
    'GET http://elsewhere.example/health',
  ])('%s is 404', async (line) => {
    const [method = '', target = ''] = line.split(' ');
    expect(await send(method, target)).toMatch(/^HTTP\/1.1 404 [^]*\r\n\r\n\{"detail":"Not Found"\}$/);
  });

  it.each([
    ['POST', '/health'],
    ['GET', '/session/a/acquire'],
    ['GET', '/session/a/files'],
    ['PUT', '/session/a/renew'],
    ['DELETE', '/session/a'],
    ['GET', '/session/a/register/'],
    ['GET', '/session/a/release'],
    ['PATCH', '/session/a/protect'],
    ['GET', '/session/a/force'],
    ['POST', '/sessions'],
    ['POST', '/capacity'],
    ['POST', '/orphans'],
    ['GET', '/sweep'],
    ['GET', '/cleanup'],
    ['GET', '/nuke'],
    ['POST', '/metrics'],
    ['OPTIONS', '/health/ready'],
    ['PROPFIND', '/health'],
  ])('%s %s is 405', async (method, target) => {
    expect(await send(method, target)).toMatch(
      /^HTTP\/1.1 405 [^]*\r\n\r\n\{"detail":"Method Not Allowed"\}$/,
    );
  });

  it('nuke is 403 unless allowed, and ends nothing', async () => {
    await acquire(stack, 'survivor');
    const answer = await call(stack, 'POST', '/nuke');
    expect([answer.status, answer.json]).toMatchObject([403, { code: 'NUKE_DISABLED' }]);
    expect((await show(stack, 'survivor')).state).toBe('active');
  });
});

describe('trailing slashes', () => {
  it.each([
    ['GET', '/health/'],
    ['GET', '/sessions/'],
    ['GET', '/session/slash/'],
    ['POST', '/session/slash/acquire/'],
    ['POST', '/session/slash/renew/'],
    ['POST', '/session/slash/protect/'],
    ['POST', '/session/slash/unprotect/'],
    ['POST', '/session/slash/release/'],
    ['POST', '/cleanup/'],
    ['GET', '/metrics/'],
    ['GET', '/openapi.json/'],
  ])('%s %s works', async (method, target) => {
    if (target.startsWith('/session/')) await acquire(stack, 'slash');
    expect((await call(stack, method, target)).status).toBeLessThan(300);
  });

  it('GET /health/ready/ works; its components have 1.5 s each, which a busy machine may exceed for once', async () => {
    await until(async () => (await call(stack, 'GET', '/health/ready/')).status === 200, {
      describe: 'the answer to /health/ready/',
    });
  });

  it('POST /session/slash/files/ and register/ work', async () => {
    await acquire(stack, 'slash');
    expect((await call(stack, 'POST', '/session/slash/files/', { body: '["f"]' })).status).toBe(200);
    const register = { body: '{"vector_store_id":"vs_slash"}' };
    expect((await call(stack, 'POST', '/session/slash/register/', register)).status).toBe(200);
  });
});

describe('bodies', () => {
  const length = (body: string) => `Content-Length: ${body.length}\r\n`;

  it.each([
    ['', ''],
    ['Content-Type: application/json\r\n', ''],
    ['Content-Length: 0\r\n', ''],
    ['Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
    [`Content-Type: application/json\r\n${length('{}')}`, '{}'],
  ])('of acquire, renew, release and cleanup may be empty or absent (%j)', async (headers, body) => {
    expect(await send('POST', '/session/bodies/acquire', headers, body)).toMatch(/^HTTP\/1.1 200 /);
    expect(await send('POST', '/session/bodies/renew', headers, body)).toMatch(/^HTTP\/1.1 200 /);
    expect(await send('POST', '/session/bodies/release', headers, body)).toMatch(/^HTTP\/1.1 202 /);
    expect(await send('POST', '/cleanup', headers, body)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('of files and register may not', async () => {
    for (const verb of ['files', 'register']) {
      const answer = await send('POST', `/session/unknown/${verb}`);
      expect(answer).toMatch(/^HTTP\/1.1 422 [^]*"type":"missing","loc":\["body"\]/);
    }
  });

  it('of 10 485 760 bytes pass, one more is 413 and the service goes on', async () => {
    await acquire(stack, 'large');
    const entry = `"/${'x'.repeat(4_000)}",`;
    const head = `{"file_paths":[${entry.repeat(2_600)}"`;
    const exact = `${head}"]}`;
    const padded = exact + ' '.repeat(MAX_BODY - exact.length);
    expect((await post(stack, 'large', 'files', { body: padded })).text).toBe('{"tracked":2}');
    const refused = await post(stack, 'large', 'files', { body: `${padded} ` });
    expect(refused.status).toBe(413);
    expect(refused.json).toEqual({
      error: 'request_too_large',
      message: 'Request body too large. Maximum size is 10.0MB',
      max_size_bytes: MAX_BODY,
    });
    expect((await track(stack, 'large', ['after'])).text).toBe('{"tracked":1}');
  });
});

describe('what every answer has', () => {
  it.each([
    ['GET', '/health'],
    ['GET', '/nope'],
    ['POST', '/health'],
    ['POST', '/session/nobody/renew'],
    ['POST', '/session/%FF/renew'],
    ['POST', '/nuke'],
  ])('%s %s: a request id', async (method, target) => {
    const made = (await call(stack, method, target)).headers.get('x-request-id');
    expect(made).toMatch(UUID);
    const headers = { 'x-request-id': 'mine-1' };
    expect((await call(stack, method, target, { headers })).headers.get('x-request-id')).toBe('mine-1');
  });

  it('errors of our own say what, which code, and for which request', async () => {
    const answer = await call(stack, 'GET', '/session/nobody', { headers: { 'x-request-id': 'mine-2' } });
    expect(answer.json).toEqual({
      detail: expect.any(String) as string,
      code: 'SESSION_NOT_FOUND',
      request_id: 'mine-2',
    });
  });
});

describe('documents', () => {
  it('/ leads to the page, the page and OpenAPI 3.1 are there', async () => {
    const root = await call(stack, 'GET', '/');
    expect([root.status, root.headers.get('location')]).toEqual([
      302,
      expect.stringMatching(/docs/) as string,
    ]);
    expect((await call(stack, 'GET', '/docs/')).text).toContain('<html');
    const document = (await call(stack, 'GET', '/openapi.json')).json;
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) as string });
  });
});
