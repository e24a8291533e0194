import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Files, UploadRequest } from '../../../files/contract.ts';
import { ServiceError } from '../../../domain/errors.ts';
import { LARGEST_BYTES } from './stub-files.ts';
import { LEASE_ID } from './stub.ts';
import {
  checkName,
  file,
  FORM_TYPE,
  form,
  head,
  listen,
  open,
  quiet,
  spooled,
  upload,
  type Server,
} from './upload-kit.ts';

const override: Partial<Files> = { checkName };
let server: Server;

beforeAll(async () => {
  server = await listen({ files: override });
});
afterAll(() => server.app.close());
beforeEach(() => {
  server.calls.length = 0;
  server.told.events.length = 0;
});
afterEach(async () => {
  delete override.upload;
  await quiet(server);
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const field = (name: string, body: string | Buffer, type?: string) => ({
  name,
  body,
  ...(type === undefined ? {} : { type }),
});
/** What was asked of the files. */
function asked(): UploadRequest {
  const [call, ...more] = server.calls;
  expect([call?.[0], more]).toEqual(['upload', []]);
  return call?.[1] as UploadRequest;
}

describe('an upload', () => {
  it('is received whole, hashed, handed on and answered', async () => {
    const bytes = randomBytes(200_000);
    let there: Buffer | undefined;
    let active = 0;
    override.upload = ({ file: { path, sizeBytes, sha256: hash } }) => {
      there = readFileSync(path);
      active = server.told.active;
      return Promise.resolve({
        ...{ fileId: 'file-7', provider: 'glm', filename: 'a.txt', sizeBytes, sha256: hash },
        ...{ mimeType: 'text/plain', deduplicated: true, durationMs: 1_204, lease: null },
      });
    };
    const answer = await upload(server, form(file(bytes)), { 'X-Request-Id': 'r-1' });
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        ...{ file_id: 'file-7', provider: 'glm', filename: 'a.txt', size_bytes: 200_000 },
        ...{ sha256: sha256(bytes), mime_type: 'text/plain', deduplicated: true },
        upload_duration_seconds: 1.204,
      },
    ]);
    expect(answer.head).not.toMatch(/x-lease/i);
    expect(there?.equals(bytes)).toBe(true);
    expect(active).toBe(1);
    expect(asked()).toMatchObject({
      file: { sizeBytes: 200_000, sha256: sha256(bytes) },
      ...{ filename: 'a.txt', mimeType: 'text/plain', purpose: null, provider: null },
      ...{ userId: 'anonymous', sessionId: null, leaseId: null, requestId: 'r-1' },
    });
    expect(server.told.events).toEqual([]);
  });

  const FIELDS = [
    field('purpose', 'agent'),
    field('provider', 'glm'),
    field('user_id', 'Ä 😀'),
    field('session_id', 'a/b'),
  ];
  it.each([
    ['before', [...FIELDS, file('x')]],
    ['after', [file('x'), ...FIELDS]],
    ['around', [...FIELDS.slice(0, 2), file('x'), ...FIELDS.slice(2)]],
  ])('takes fields %s the file', async (_where, parts) => {
    const answer = await upload(server, form(...parts), { 'X-Lease-Id': LEASE_ID });
    expect(answer.status).toBe(200);
    expect(answer.head).toMatch(new RegExp(`^x-lease-id: ${LEASE_ID}$`, 'im'));
    expect(answer.head).toMatch(/^x-lease-seconds: 3599$/im);
    expect(asked()).toMatchObject({
      ...{ purpose: 'agent', provider: 'glm', userId: 'Ä 😀', sessionId: 'a/b', leaseId: LEASE_ID },
    });
  });

  it('takes an empty field for none', async () => {
    const empty = ['purpose', 'provider', 'user_id', 'session_id'].map((name) => field(name, ''));
    expect((await upload(server, form(file('x'), ...empty))).status).toBe(200);
    expect(asked()).toMatchObject({ purpose: null, provider: null, userId: 'anonymous', sessionId: null });
  });

  it.each([
    ['of the limit in bytes', 'é'.repeat(120), undefined],
    ['of another type', 'alice', 'application/octet-stream'],
    ['that is JSON', '"alice"', 'application/json'],
  ])('takes a field %s', async (_what, value, type) => {
    expect((await upload(server, form(field('user_id', value, type), file('x')))).status).toBe(200);
    expect(asked().userId).toBe(value.replaceAll('"', ''));
  });

  it.each([
    ['text/csv; charset=utf-8', 'a.txt', 'text/csv'],
    ['IMAGE/PNG', 'a.txt', 'image/png'],
    ['application/octet-stream', 'A.PDF', 'application/pdf'],
    ['nonsense', 'a.pdf', 'application/pdf'],
    ['application/octet-stream', 'a.ts', 'application/typescript'],
    [undefined, 'a.txt', 'text/plain'],
  ])('of type %s and name %s is %s', async (type, filename, mimeType) => {
    const untyped = { name: 'file', filename, body: 'x' };
    await upload(server, form(type === undefined ? untyped : { ...untyped, type }));
    expect(asked()).toMatchObject({ mimeType, filename });
  });

  it.each(['größe 😀.txt', 'a b;c=d.txt', "it's.txt"])('keeps the name %s', async (filename) => {
    expect((await upload(server, form(file('x', { filename })))).json['filename']).toBe(filename);
  });

  it('of exactly the largest size passes', async () => {
    const answer = await upload(server, form(file(Buffer.alloc(LARGEST_BYTES))));
    expect([answer.status, answer.json['size_bytes']]).toEqual([200, LARGEST_BYTES]);
  });

  it('may come in chunks of unknown length, byte by byte', async () => {
    const { socket, answered } = open(server.port);
    socket.write(head({ 'Transfer-Encoding': 'chunked' }));
    for (const byte of form(field('user_id', 'alice'), file('a\r\n--b\r\n\r\nc'))) {
      socket.write(`1\r\n${String.fromCharCode(byte)}\r\n`, 'latin1');
    }
    socket.write('0\r\n\r\n');
    expect((await answered).status).toBe(200);
    expect(asked()).toMatchObject({ userId: 'alice', file: { sizeBytes: 11 } });
  });

  it('may have a preamble, an epilogue and a boundary in quotes', async () => {
    const body = Buffer.concat([Buffer.from('hello\r\n'), form(file('x')), Buffer.from('bye\r\n')]);
    const answer = await upload(server, body, {
      'Content-Type': FORM_TYPE.replace(/=(.*)$/, '="$1"; charset=x'),
    });
    expect(answer.status).toBe(200);
  });

  it('leaves the connection to the next request', async () => {
    const body = form(file('x'));
    const { socket, text } = open(server.port);
    const one = { Connection: 'keep-alive', 'Content-Length': String(body.length) };
    socket.write(Buffer.concat([Buffer.from(head(one)), body, Buffer.from('GET /health HTTP/1.1\r\n')]));
    socket.write('Host: 127.0.0.1\r\nConnection: close\r\n\r\n');
    expect((await text).match(/HTTP\/1.1 .*|\{"status".*/g)).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200 OK',
      '{"status":"healthy"}',
    ]);
  });
});

describe('a failure of the upload itself', () => {
  it.each([
    ['QUOTA_EXCEEDED', 403],
    ['PROVIDER_UNKNOWN', 422],
    ['PROVIDER_HAS_NO_STORES', 422],
    ['SESSION_NOT_FOUND', 404],
    ['STORE_FULL', 409],
    ['FILE_TOO_LARGE', 413],
    ['PROVIDER_FILE_COUNT_REACHED', 429],
    ['ALL_PROVIDERS_UNAVAILABLE', 503],
    ['UPLOAD_TIMEOUT', 504],
  ] as const)('%s is %i, and not counted twice', async (code, status) => {
    override.upload = () => Promise.reject(new ServiceError(code, { retryAfterSeconds: 7 }));
    const answer = await upload(server, form(file('x')));
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.head).toMatch(/^retry-after: 7$/im);
    expect(server.told.events).toEqual([]);
  });
});

describe('a client that goes away after its last byte', () => {
  it('has its upload carried out, and nothing is left of it', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<UploadRequest>();
    const { promise: gone, resolve: go } = Promise.withResolvers<undefined>();
    override.upload = async (request) => {
      begin(request);
      await gone;
      throw new ServiceError('PROVIDER_REFUSED');
    };
    const { socket, text } = open(server.port);
    const body = form(file('x'));
    socket.write(Buffer.concat([Buffer.from(head({ 'Content-Length': String(body.length) })), body]));
    await begun;
    socket.destroy();
    await text;
    expect([spooled(server).length, server.told.active]).toEqual([1, 1]);
    go(undefined);
  });
});

describe('other routes', () => {
  it.each([
    FORM_TYPE,
    'multipart/form-data',
    'multipart/form-data ; ;;=',
    'multipart/form-data2',
    'multipart',
  ])('take a form for what it was before, no JSON (%s)', async (type) => {
    for (const body of [form(file('x')), Buffer.from('{}')]) {
      const answer = await server.app.inject({
        method: 'POST',
        url: '/session/a/acquire',
        headers: { host: '127.0.0.1', 'content-type': type },
        payload: body,
      });
      expect(answer.statusCode).toBe(422);
      expect(answer.json()).toMatchObject({ detail: [{ type: 'model_attributes_type', loc: ['body'] }] });
    }
  });
});
