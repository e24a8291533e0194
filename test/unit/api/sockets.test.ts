import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Calls } from './stub.ts';
import { stubApp } from './stub.ts';

let port = 0;
let calls: Calls = [];
let close: () => Promise<void>;

beforeAll(async () => {
  const stub = await stubApp();
  await stub.app.listen({ host: '127.0.0.1', port: 0 });
  const address = stub.app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  port = address.port;
  calls = stub.calls;
  close = () => stub.app.close();
});
afterAll(() => close());
beforeEach(() => {
  calls.length = 0;
});

/** Sends bytes as they are and reads until the server ends the connection. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(Buffer.from(text, 'latin1'));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

const get = (target: string, version = '1.1') =>
  raw(`GET ${target} HTTP/${version}\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);

describe('odd requests', () => {
  it('a path with dots is not resolved', async () => {
    expect(await get('/session/..')).toContain('200 OK');
    expect(calls).toEqual([['get', '..']]);
    expect(await get('/session/%2E%2e')).toContain('200 OK');
    expect(calls[1]).toEqual(['get', '..']);
  });

  it.each(['/session//acquire', '//', '/session/%2F', '/%'])('%s is no route', async (target) => {
    expect(await get(target)).toMatch(/^HTTP\/1.1 404 [^]*\{"detail":"Not Found"\}$/);
  });

  it('an absolute target leads nowhere, whatever host it names', async () => {
    expect(await get('http://evil.example/health')).toContain(' 404 ');
  });

  it('HTTP/1.1 without Host is refused, HTTP/1.0 likewise', async () => {
    const nowhere = await raw('GET /health HTTP/1.1\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n');
    expect(nowhere).toMatch(/^HTTP\/1.1 400 [^]*\r\nx-request-id: mine\r\n[^]*"request_id":"mine"\}$/);
    expect(await raw('GET /health HTTP/1.0\r\n\r\n')).toContain(' 403 ');
    expect(await get('/health', '1.0')).toContain('{"status":"healthy"}');
  });

  it('what is no HTTP is told so in the words of every error', async () => {
    const answer = await raw('hello\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
    expect(answer).toMatch(/\{"detail":"[^"]+","code":"REQUEST_INVALID","request_id":"[0-9a-f-]{36}"\}$/);
  });

  it('headers without end are 431', async () => {
    expect(await get(`/session/${'x'.repeat(20_000)}`)).toMatch(/^HTTP\/1.1 431 /);
  });

  it('a known path with a method nobody knows is 405', async () => {
    const answer = await raw(`PROPFIND /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain('HTTP/1.1 405');
  });

  it('two requests in one packet get two answers, in order', async () => {
    const one = (path: string, last: boolean) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    const answer = await raw(one('/session/a/renew', false) + one('/session/b/release', true));
    expect(answer).toMatch(/renewed[^]*releasing/);
  });
});
