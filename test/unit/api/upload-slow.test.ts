import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import type { ApiSettings } from '../../../api/deps.ts';
import {
  checkName,
  END,
  expectRefused,
  file,
  form,
  head,
  listen,
  open,
  part,
  quiet,
  spooled,
  upload,
  type Server,
} from './upload-kit.ts';

let server: Server;

async function start(settings: Partial<ApiSettings> = {}): Promise<void> {
  server = await listen({ settings, files: { checkName } });
}
beforeEach(() => start());
afterEach(async () => {
  await quiet(server);
  await server.app.close();
});

async function restart(settings: Partial<ApiSettings>): Promise<void> {
  await server.app.close();
  await start(settings);
}

const HALF = Buffer.from(part(file(Buffer.alloc(200_000))).subarray(0, 100_000));
const length = (bytes: number) => ({ 'Content-Length': String(bytes) });

describe('a client that goes away before its last byte', () => {
  it.each([
    ['within the head of a part', HALF.subarray(0, 30)],
    ['within the file', HALF],
    ['behind the file', part(file('x'))],
    ['before the last byte', form(file('x')).subarray(0, -1)],
  ])('leaves nothing behind: %s', async (_where, body) => {
    const { socket, text } = open(server.port);
    socket.write(Buffer.concat([Buffer.from(head(length(350_000))), body]));
    await until(() => server.told.active === 1, { describe: 'begun' });
    if (body.length > 100) await until(() => spooled(server).length === 1, { describe: 'a file' });
    socket.destroy();
    await text;
    await quiet(server);
    expectRefused(server, 'MULTIPART_INVALID');
  });

  it('leaves nothing behind either of twenty at once', async () => {
    const all = Array.from({ length: 20 }, () => open(server.port));
    for (const { socket } of all) socket.write(Buffer.concat([Buffer.from(head(length(350_000))), HALF]));
    await until(() => server.told.active === 20 && spooled(server).length === 20, { describe: 'all' });
    for (const { socket } of all) socket.destroy();
    await quiet(server);
    expect(server.calls).toEqual([]);
  });
});

describe('UPLOAD_TIMEOUT', () => {
  it.each([
    ['nothing comes', Buffer.alloc(0)],
    ['within the head of a part', HALF.subarray(0, 30)],
    ['within the file', HALF],
    ['behind the form, of which more was told', form(file('x'))],
  ])('%s', async (_where, body) => {
    await restart({ uploadTimeoutMs: 300 });
    const { socket, answered } = open(server.port);
    socket.write(Buffer.concat([Buffer.from(head({ ...length(350_000), Connection: 'keep-alive' })), body]));
    const answer = await answered;
    expect([answer.status, answer.json.code]).toEqual([504, 'UPLOAD_TIMEOUT']);
    expectRefused(server, 'UPLOAD_TIMEOUT');
  });
});

describe('a body that takes longer than other bodies may', () => {
  it('is an upload all the same', async () => {
    await restart({ bodyTimeoutMs: 100 });
    const { socket, answered } = open(server.port);
    const body = form(file(Buffer.alloc(200_000)));
    const startedAt = performance.now();
    socket.write(Buffer.concat([Buffer.from(head(length(body.length))), body.subarray(0, 100_000)]));
    await until(() => performance.now() - startedAt > 300, { describe: 'later than that' });
    socket.write(body.subarray(100_000));
    expect((await answered).status).toBe(200);
  });

  it.each([
    ['/session/a/files', length(10)],
    ['/session/a/files', { 'Transfer-Encoding': 'chunked' }],
    ['/session/a/renew', length(10)],
    ['/nowhere', length(10)],
  ])('is 408 on %s with %j', async (path, headers) => {
    await restart({ bodyTimeoutMs: 100 });
    const { socket, answered } = open(server.port);
    const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    const answer = await answered;
    expect([answer.status, answer.json.code]).toEqual([408, 'REQUEST_INVALID']);
    expect(answer.head).toMatch(/^connection: close$/im);
    expect(server.calls).toEqual([]);
  });

  it('is read where it comes in time', async () => {
    await restart({ bodyTimeoutMs: 5_000 });
    const { socket, answered } = open(server.port);
    socket.write('POST /session/a/files HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n');
    socket.write('Content-Type: application/json\r\nContent-Length: 7\r\n\r\n["a"');
    socket.write(', ]'.replace(', ', '  '));
    expect((await answered).json).toEqual({ tracked: 1 });
  });
});

describe('the server itself', () => {
  it('gives the head of a request no longer than before, and an upload its time', async () => {
    await restart({ bodyTimeoutMs: 30_000, uploadTimeoutMs: 300_000 });
    expect(server.app.server.headersTimeout).toBe(30_000);
    expect(server.app.server.requestTimeout).toBeGreaterThan(330_000);
  });
});

describe('a disk that takes nothing', () => {
  it('is 503, and whoever runs the service learns why', async () => {
    const lines: string[] = [];
    await server.app.close();
    const log = pino({ level: 'error' }, { write: (line: string) => lines.push(line) });
    server = await listen({ files: { checkName }, log });
    rmSync(server.spoolFolder, { recursive: true });
    writeFileSync(server.spoolFolder, '');
    const answer = await upload(server, form(file(Buffer.alloc(250_000))));
    expect([answer.status, answer.json.code]).toEqual([503, 'SPOOL_UNAVAILABLE']);
    expectRefused(server, 'SPOOL_UNAVAILABLE');
    expect(lines).toEqual([expect.stringMatching(/"event":"spool_unavailable".*ENOTDIR/)]);
    rmSync(server.spoolFolder);
    mkdirSync(server.spoolFolder);
  });

  it('is no matter for what follows, once it is there again', async () => {
    rmSync(server.spoolFolder, { recursive: true });
    expect((await upload(server, Buffer.concat([part(file('x')), END]))).status).toBe(200);
  });
});
