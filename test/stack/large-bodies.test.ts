/** Bodies far beyond the limit, sent to the api process by clients of every kind; each learns why, and memory stays flat. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../support/databases.ts';
import { freePort, startApi, startSimulator, type Program } from '../support/programs.ts';
import { scrubbedEnv } from '../support/scrub.ts';

const MIB = 1_048_576;
const GIB = 1_024 * MIB;
/** More than the service throws away before it answers. */
const BEYOND_THE_WAIT = 100 * MIB;
const PIECE = Buffer.alloc(MIB, 0x20);
const TOO_LARGE =
  '{"error":"request_too_large","message":"Request body too large. Maximum size is 10.0MB","max_size_bytes":10485760}';

let api: Program;
let url = '';

beforeAll(async () => {
  const simulator = await startSimulator();
  api = await startApi({
    TEST_MODE: true,
    SIMULATOR_URL: simulator.baseUrl,
    DATABASE_URL: await createDatabase('large', { empty: true }),
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
  });
  url = `${api.url}/session/large/files`;
});

/** Highest resident memory of the api until now, in bytes, as Linux keeps it. */
const peakBytes = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${api.part.pid}/status`, 'utf8'))?.[1]) * 1_024;
const hasProc = existsSync('/proc/self/status');

/** `bytes` bytes in pieces of one MiB, all of them the same memory. */
function* pieces(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += PIECE.length) yield PIECE;
}

/** Writes a whole chunked body whatever is answered meanwhile, and reads what comes until the connection ends. */
async function insist(bytes: number): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString())).on('error', () => undefined);
  // Not `once`, which takes a reset for its own failure: whoever insists may meet one.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (const piece of pieces(bytes)) {
    if (socket.destroyed) break;
    socket.write(`${piece.length.toString(16)}\r\n`);
    socket.write(piece);
    if (!socket.write('\r\n'))
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  socket.end('0\r\n\r\n');
  await closed;
  return answer;
}

async function byNode(): Promise<string> {
  const outgoing = request(url, { method: 'POST' });
  outgoing.on('error', () => undefined);
  const body = Readable.from(pieces(GIB));
  body.pipe(outgoing);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  body.unpipe(outgoing);
  const answer = await text(incoming);
  outgoing.destroy();
  return `${incoming.statusCode} ${answer}`;
}

async function byFetch(): Promise<string> {
  const body = Readable.toWeb(Readable.from(pieces(GIB))) as ReadableStream;
  const answer = await fetch(url, { method: 'POST', body, duplex: 'half' });
  return `${answer.status} ${await answer.text()}`;
}

async function byCurl(): Promise<string> {
  const args = ['-sS', '-X', 'POST', '-T', '-', '-w', '\n%{http_code}', '--noproxy', '*', url];
  const curl = spawn('curl', args, { env: scrubbedEnv() });
  curl.stdin.on('error', () => undefined);
  Readable.from(pieces(GIB)).pipe(curl.stdin);
  const [body, status] = (await text(curl.stdout)).split('\n');
  return `${status} ${body}`;
}

/** Python writes the whole body before it reads the answer. */
const PIECES_IN_PYTHON = `(bytes(${MIB}) for _ in range(${BEYOND_THE_WAIT / MIB}))`;
const HTTP_CLIENT = `
import http.client, sys, urllib.parse
u = urllib.parse.urlparse(sys.argv[1])
c = http.client.HTTPConnection(u.hostname, u.port)
c.request('POST', u.path, body=${PIECES_IN_PYTHON}, encode_chunked=True, headers={'Transfer-Encoding': 'chunked'})
r = c.getresponse()
print(r.status, r.read().decode(), end='')`;
const REQUESTS = `
import requests, sys
s = requests.Session()
s.trust_env = False
r = s.post(sys.argv[1], data=${PIECES_IN_PYTHON})
print(r.status_code, r.text, end='')`;

async function byPython(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', ['-c', program, url], { env: scrubbedEnv() });
  return stdout;
}

const env = scrubbedEnv();
const can = (command: string, ...args: string[]) => spawnSync(command, args, { env }).status === 0;
const CLIENTS = [
  ['node:http', byNode, true],
  ['fetch', byFetch, true],
  ['curl', byCurl, can('curl', '--version')],
  ['http.client of Python', () => byPython(HTTP_CLIENT), can('python3', '--version')],
  ['requests of Python', () => byPython(REQUESTS), can('python3', '-c', 'import requests')],
] as const;

describe('a body of 1 GiB without a length', () => {
  let before = 0;
  beforeAll(async () => {
    await insist(BEYOND_THE_WAIT);
    if (hasProc) before = peakBytes();
  });
  afterAll(async () => {
    expect((await fetch(`${api.url}/health`)).status).toBe(200);
    expect(await api.stop()).toBe('code 0');
  });

  it('is refused to one who goes on sending all the same', async () => {
    const answer = await insist(GIB);
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/i);
    expect(answer.endsWith(`\r\n\r\n${TOO_LARGE}`)).toBe(true);
  });

  for (const [name, send, isThere] of CLIENTS) {
    it.skipIf(!isThere)(
      `is refused, and read by ${name}${isThere ? '' : ' (not on this machine)'}`,
      async () => {
        expect(await send()).toBe(`413 ${TOO_LARGE}`);
      },
    );
  }

  it.skipIf(!hasProc)('takes no more memory than a tenth of it', () => {
    expect((peakBytes() - before) / MIB).toBeLessThan(128);
  });
});
