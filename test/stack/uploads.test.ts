/** Uploads as real clients send them, to every provider; and the spool, which is empty again whatever happened. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, openAsBlob, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDER_NAMES } from '../../domain/providers.ts';
import { kill9, scratchDirectory } from '../support/parts.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { httpxFolder, runPython } from '../unit/docs/python.ts';
import { acquire, call } from './session-calls.ts';

/** Above what one packet, one chunk and the buffers of a connection hold. */
const LARGE = 3_000_000;
const LIMIT = 4_000_000;

let stack: Stack;
let dataDirectory = '';
beforeAll(async () => {
  dataDirectory = scratchDirectory('data');
  const limits = { MAX_FILE_SIZE_OPENAI: LIMIT, MAX_FILE_SIZE_KIMI: LIMIT, MAX_FILE_SIZE_GLM: LIMIT };
  stack = await startStack({ DATA_DIR: dataDirectory, UPLOAD_TIMEOUT: 20, ...limits });
});

const spool = (): string => join(dataDirectory, 'spool');
function spooled(): string[] {
  if (!existsSync(spool())) return [];
  const entries = readdirSync(spool(), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
const spoolEmpty = () =>
  until(() => spooled().length === 0, { describe: () => `an empty spool, not ${spooled().join(' ')}` });
afterEach(spoolEmpty);

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Upload {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
}
type Client = (upload: Upload) => Promise<Answer>;

/** A new file with content that nobody has. */
function fileOf(bytes: number, name = 'report.pdf'): { path: string; sha256: string } {
  const path = join(scratchDirectory('upload'), name);
  const content = randomBytes(bytes);
  writeFileSync(path, content);
  return { path, sha256: createHash('sha256').update(content).digest('hex') };
}

const curl: Client = async ({ path, fields }) => {
  const form = [...Object.entries(fields).map(([name, value]) => `${name}=${value}`), `file=@${path}`];
  const options = ['--silent', '--show-error', '--noproxy', '*', '--write-out', '\n%{http_code}'];
  const { stdout } = await promisify(execFile)('curl', [
    ...options,
    ...form.flatMap((part) => ['--form', part]),
    `${stack.api.url}/files`,
  ]);
  const [body = '', status] = stdout.split(/\n(?=\d+$)/);
  return { status: Number(status), body: JSON.parse(body) as Answer['body'] };
};

const fetchForm: Client = async ({ path, fields }) => {
  const form = new FormData();
  form.set('file', await openAsBlob(path), basename(path));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const answer = await fetch(`${stack.api.url}/files`, { method: 'POST', body: form });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
};

const HTTPX_PROGRAM = `
import httpx, json, sys
path, fields, url = json.loads(%s)
with open(path, 'rb') as file:
    answer = httpx.post(url, data=fields, files={'file': file}, timeout=30, trust_env=False)
print(json.dumps({'status': answer.status_code, 'body': answer.json()}))
`;
const httpxBeside = httpxFolder();
const httpx: Client = async ({ path, fields }) => {
  const input = JSON.stringify(JSON.stringify([path, fields, `${stack.api.url}/files`]));
  return (await runPython(HTTPX_PROGRAM.replace('%s', input), httpxBeside ?? '')) as Answer;
};

const CLIENTS: readonly (readonly [string, Client])[] = [
  ['curl', curl],
  ["fetch with the browser's form", fetchForm],
  ...(httpxBeside === undefined ? [] : ([['httpx', httpx]] as const)),
];

describe.each(CLIENTS)('%s', (_name, send) => {
  it.each(PROVIDER_NAMES)('uploads to %s', async (provider) => {
    const { path, sha256 } = fileOf(LARGE);
    const { status, body } = await send({ path, fields: { provider, user_id: 'Ä b' } });
    expect([status, body]).toMatchObject([
      200,
      {
        ...{ provider, filename: 'report.pdf', size_bytes: LARGE, sha256, deduplicated: false },
        mime_type: 'application/pdf',
      },
    ]);
    const state = await stack.simulator.control.state();
    expect(state.files.filter((file) => file.sha256 === sha256)).toMatchObject([
      { id: body['file_id'], filename: 'report.pdf', bytes: LARGE },
    ]);
    const shown = await call(stack, 'GET', `/files/${String(body['file_id'])}`);
    expect(shown.json).toMatchObject({ provider, uploads: [{ user_id: 'Ä b', status: 'completed' }] });
  });

  it('can read why a file is refused that it is still sending', async () => {
    const wrong = await send({ path: fileOf(LARGE, 'a.exe').path, fields: {} });
    expect([wrong.status, wrong.body]).toMatchObject([400, { code: 'EXTENSION_NOT_ALLOWED' }]);
    const large = await send({ path: fileOf(LIMIT + 1).path, fields: {} });
    expect([large.status, large.body]).toMatchObject([413, { code: 'FILE_TOO_LARGE' }]);
    const larger = await send({ path: fileOf(3 * LIMIT).path, fields: {} });
    expect([larger.status, larger.body]).toMatchObject([413, { code: 'FILE_TOO_LARGE' }]);
  });

  it('uploads for a session', async () => {
    const session = `session ${randomBytes(4).toString('hex')}`;
    const { vector_store_id: storeId } = await acquire(stack, session);
    const { status, body } = await send({ path: fileOf(1_000).path, fields: { session_id: session } });
    expect([status, body['provider']]).toEqual([200, 'openai']);
    const { stores } = await stack.simulator.control.state();
    expect(stores.find(({ id }) => id === storeId)?.files).toEqual([body['file_id']]);
    const lease = await call(stack, 'GET', `/session/${encodeURIComponent(session)}`);
    expect(lease.json).toMatchObject({ files: [body['file_id']] });
  });
});

/** Sends half of an upload, and waits until it is in the spool. */
async function half(): Promise<void> {
  const { hostname, port } = new URL(stack.api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';
  socket.write(`POST /files HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${LARGE}\r\n`);
  socket.write(`Content-Type: multipart/form-data; boundary=b\r\n\r\n${head}${'x'.repeat(LARGE / 2)}`);
  await until(() => spooled().length === 1, { describe: 'an upload in the spool' });
}

const holdUpload = () =>
  stack.simulator.control.setFault({
    match: { operation: 'upload_file' },
    fault: { kind: 'hold', name: 'upload' },
  });

describe('the spool', () => {
  it('is empty after kill -9 within a reception, once the api is there again', async () => {
    await half();
    await kill9(stack.api.part);
    expect(spooled()).toHaveLength(1);
    await stack.restartApi();
    await spoolEmpty();
    expect((await fetchForm({ path: fileOf(LARGE).path, fields: {} })).status).toBe(200);
  });

  it('is empty after kill -9 within an upload, which the client then repeats', async () => {
    await holdUpload();
    const { path, sha256 } = fileOf(LARGE);
    const sending = fetchForm({ path, fields: {} }).catch(() => 'broken off');
    await stack.simulator.control.waitForHeld('upload');
    expect(spooled()).toHaveLength(1);
    await kill9(stack.api.part);
    expect(await sending).toBe('broken off');
    await stack.simulator.control.release('upload');
    await stack.restartApi();
    await spoolEmpty();
    expect((await fetchForm({ path, fields: {} })).body).toMatchObject({ sha256 });
  });

  it('is let go of at the end, and what was received is answered before', async () => {
    await holdUpload();
    const sending = fetchForm({ path: fileOf(LARGE).path, fields: {} });
    await stack.simulator.control.waitForHeld('upload');
    const stopping = stack.api.stop();
    await stack.simulator.control.release('upload');
    expect((await sending).status).toBe(200);
    expect(await stopping).toBe('code 0');
    expect(readdirSync(spool())).toEqual([]);
    await stack.restartApi();
  });
});
