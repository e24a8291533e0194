import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Files } from '../../../files/contract.ts';
import { until } from '../../support/until.ts';
import { LARGEST_BYTES } from './stub-files.ts';
import {
  checkName,
  END,
  expectRefused,
  file,
  form,
  FORM_TYPE,
  head,
  listen,
  open,
  part,
  quiet,
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
afterEach(() => quiet(server));

/** More than goes through in one piece: whoever is refused in its middle still has something to send. */
const LARGE = Buffer.alloc(250_000, 'x');
const user = (body: string | Buffer) => ({ name: 'user_id', body });
const withoutType = { 'Content-Type': '' };

describe('a body that is no form', () => {
  const whole = form(file('x'));
  const cut = (from: string, to: string): Buffer =>
    Buffer.from(whole.toString('latin1').replace(from, to), 'latin1');
  it.each([
    ['without a type', whole, withoutType],
    ['of another type', whole, { 'Content-Type': 'application/json' }],
    ['of a type that is none', whole, { 'Content-Type': 'nonsense' }],
    ['of a similar type', whole, { 'Content-Type': FORM_TYPE.replace('form-data', 'form-data2') }],
    ['without a boundary', whole, { 'Content-Type': 'multipart/form-data' }],
    ['with a broken type', whole, { 'Content-Type': 'multipart/form-data; boundary=; ;;=' }],
    ['with another boundary', whole, { 'Content-Type': 'multipart/form-data; boundary=other' }],
    ['that is empty', Buffer.alloc(0), {}],
    ['that is JSON', Buffer.from('{}'), {}],
    ['that is large and JSON', LARGE, { 'Content-Type': 'application/json' }],
    ['that is an empty form', END, {}],
    ['without its end', whole.subarray(0, whole.length - END.length), {}],
    ['without the end of its boundary', whole.subarray(0, whole.length - 4), {}],
    ['that ends within a head', whole.subarray(0, 60), {}],
    ['that ends within the file', Buffer.concat([part(file(LARGE)).subarray(0, 200_000)]), {}],
    ['whose part has no head', cut('Content-Disposition', 'X-Disposition'), {}],
    ['whose part has no name', cut('name="file"; ', ''), {}],
    ['whose part is no form-data', cut('form-data', 'attachment'), {}],
  ] as const)('%s', async (_what, body, headers) => {
    const answer = await upload(server, body, headers);
    expect([answer.status, answer.json.code]).toEqual([400, 'MULTIPART_INVALID']);
    expectRefused(server, 'MULTIPART_INVALID');
  });
});

describe('a form with other parts than it should have', () => {
  it.each([
    ['no file', [{ name: 'purpose', body: 'agent' }]],
    ['two files', [file('x'), file('y')]],
    ['two files under two names', [file('x'), file('y', { name: 'file2' })]],
    ['a large second file', [file('x'), file(LARGE)]],
    ['a file under another name', [file(LARGE, { name: 'upload' })]],
    ['a field that is a file', [{ ...file('x'), name: 'user_id' }, file('x')]],
    ['an unknown field', [{ name: 'colour', body: 'red' }, file(LARGE)]],
    ['an unknown field after the file', [file(LARGE), { name: 'colour', body: 'red' }]],
    ['a field of a name that every object has', [{ name: '__proto__', body: 'x' }, file(LARGE)]],
    ['a file of such a name', [file('x', { name: 'constructor' })]],
    ['one field too many', [...'1234'].map((body) => ({ name: `f${body}`, body }))],
    ['a field that is far too long', [user('x'.repeat(8_193)), file(LARGE)]],
    ['a field that is broken JSON', [{ ...user('{'), type: 'application/json' }, file('x')]],
  ] as const)('%s', async (_what, parts) => {
    const answer = await upload(server, form(...parts));
    expect([answer.status, answer.json.code]).toEqual([400, 'MULTIPART_INVALID']);
    expectRefused(server, 'MULTIPART_INVALID');
  });

  it.each([
    ['before the file', [user('alice'), user('alice'), file(LARGE)]],
    ['after the file', [user('alice'), file(LARGE), user('alice')]],
    ['the first one empty', [user(''), file('x'), user('alice')]],
  ] as const)('a field twice, %s', async (_where, parts) => {
    const answer = await upload(server, form(...parts));
    expect([answer.status, answer.json.code]).toEqual([400, 'MULTIPART_INVALID']);
    expect(server.calls).toEqual([]);
  });
});

describe('a field that does not fit its schema', () => {
  const FIELDS = ['user_id', 'session_id', 'purpose', 'provider'];
  it.each([
    ['too long', 'x'.repeat(241), undefined, 'string_too_long'],
    ['too long in bytes', 'é'.repeat(121), undefined, 'string_too_long'],
    ['NUL', 'a\0b', undefined, 'string_unicode'],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0xff]), undefined, 'string_unicode'],
    ['half of a pair', Buffer.from([0xed, 0xa0, 0x80]), undefined, 'string_unicode'],
    ['half of a pair in UTF-16', Buffer.from([0, 0xd8]), 'text/plain; charset=utf-16le', 'string_unicode'],
    ['a number', '7', 'application/json', 'string_type'],
  ])('%s', async (_what, body, type, fault) => {
    for (const name of FIELDS) {
      server.told.events.length = 0;
      const field = { name, body, ...(type === undefined ? {} : { type }) };
      const answer = await upload(server, form(field, file(LARGE)));
      expect([answer.status, answer.json]).toMatchObject([
        422,
        { detail: [{ type: fault, loc: ['body', name] }] },
      ]);
      expectRefused(server, 'REQUEST_INVALID');
    }
  });

  it('after the file', async () => {
    const answer = await upload(server, form(user('alice'), file(LARGE), { name: 'purpose', body: '\0' }));
    expect([answer.status, answer.json]).toMatchObject([422, { detail: [{ loc: ['body', 'purpose'] }] }]);
    expectRefused(server, 'REQUEST_INVALID', 'alice');
  });
});

describe('a file that is not taken', () => {
  it.each([
    ['FILENAME_INVALID', ''],
    ['FILENAME_INVALID', 'a'],
    ['FILENAME_INVALID', '.txt'],
    ['FILENAME_INVALID', 'a.'],
    ['FILENAME_INVALID', '../a.txt'],
    ['FILENAME_INVALID', '/etc/a.txt'],
    ['FILENAME_INVALID', 'C:\\\\a.txt'],
    ['FILENAME_INVALID', 'a\u0001.txt'],
    ['FILENAME_INVALID', 'a\u007f.txt'],
    ['FILENAME_INVALID', 'a\u202etxt.pdf'],
    ['FILENAME_INVALID', `${'x'.repeat(252)}.txt`],
    ['EXTENSION_NOT_ALLOWED', 'a.exe'],
    ['EXTENSION_NOT_ALLOWED', 'a.txt.exe'],
  ])('%s: %j', async (code, filename) => {
    const answer = await upload(server, form(user('alice'), file(LARGE, { filename })));
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expectRefused(server, code, 'alice');
  });

  it('FILENAME_INVALID: none at all', async () => {
    for (const type of ['text/plain', 'application/octet-stream']) {
      server.told.events.length = 0;
      const answer = await upload(server, form({ name: 'file', type, body: 'x' }));
      expect([answer.status, answer.json.code]).toEqual([400, 'FILENAME_INVALID']);
      expectRefused(server, 'FILENAME_INVALID');
    }
  });

  it('FILE_EMPTY', async () => {
    const answer = await upload(server, form(file(''), user('alice')));
    expect([answer.status, answer.json.code]).toEqual([400, 'FILE_EMPTY']);
    expectRefused(server, 'FILE_EMPTY');
  });
});

describe('FILE_TOO_LARGE', () => {
  it.each([
    ['one byte more than the largest', LARGEST_BYTES + 1],
    ['ten times as much', 10 * LARGEST_BYTES],
  ])('%s', async (_what, bytes) => {
    const answer = await upload(server, form(user('alice'), file(Buffer.alloc(bytes))));
    expect([answer.status, answer.json.code]).toEqual([413, 'FILE_TOO_LARGE']);
    const known = bytes > 2 * LARGEST_BYTES ? 'anonymous' : 'alice';
    expectRefused(server, 'FILE_TOO_LARGE', known);
  });

  it.each([
    ['a file of unknown length', part(file(Buffer.alloc(10 * LARGEST_BYTES)))],
    ['what stands before the first part', Buffer.alloc(10 * LARGEST_BYTES, '-')],
    ['what stands behind the last part', Buffer.concat([form(file('x')), Buffer.alloc(10 * LARGEST_BYTES)])],
  ])('%s', async (_what, body) => {
    const { socket, answered } = open(server.port);
    socket.write(head({ 'Transfer-Encoding': 'chunked' }));
    for (let at = 0; at < body.length; at += 50_000) {
      const piece = body.subarray(at, at + 50_000);
      socket.write(
        Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
      );
    }
    socket.write('0\r\n\r\n');
    const answer = await answered;
    expect([answer.status, answer.json.code]).toEqual([413, 'FILE_TOO_LARGE']);
    expectRefused(server, 'FILE_TOO_LARGE');
  });

  it('a length that is told is believed before anything is read', async () => {
    const { socket, answered } = open(server.port);
    const length = LARGEST_BYTES + 65_537;
    socket.write(head({ 'Content-Length': String(length) }));
    socket.write(Buffer.concat([form(user('alice'), file('x')), Buffer.alloc(length)]).subarray(0, length));
    expect((await answered).json.code).toBe('FILE_TOO_LARGE');
    expectRefused(server, 'FILE_TOO_LARGE');
  });
});

describe('a length that lies', () => {
  it('too small: the rest is no request, and nothing is uploaded', async () => {
    const body = form(file(LARGE));
    const answer = await upload(server, body, { 'Content-Length': String(body.length - 100) });
    expect(answer.status).toBe(400);
    expect(server.calls).toEqual([]);
  });

  it('too large, and the client goes away', async () => {
    const { socket, text } = open(server.port);
    const body = form(file(LARGE));
    socket.write(
      Buffer.concat([Buffer.from(head({ 'Content-Length': String(body.length + 1) })), body]),
      () => {
        socket.destroy();
      },
    );
    await text;
    await until(() => server.told.events.length > 0, { describe: 'told of' });
    expectRefused(server, 'MULTIPART_INVALID');
  });
});
