import { describe, expect, it } from 'vitest';
import { asker } from './ask.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const { ask, last } = asker();

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
    ['GET', '/capacity/1'],
    ['GET', '//health'],
    ['GET', '/Health'],
    ['GET', '/%FF'],
  ] as const)('%s %s is no route', async (method, url) => {
    const answer = await ask(method, url);
    expect([answer.statusCode, answer.body]).toEqual([404, '{"detail":"Not Found"}']);
    expect(last().calls).toEqual([]);
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
    expect(last().calls).toMatchObject([['renew', { sessionId }]]);
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
      expect(last().calls).toEqual([]);
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
