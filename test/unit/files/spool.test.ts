import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isServiceError } from '../../../domain/errors.ts';
import { openSpool, spoolMaxAgeMs, type Spool } from '../../../files/spool.ts';

const log = pino({ level: 'silent' });
const HOUR_MS = 3_600_000;
let directory = '';
let spool: Spool;

const openHere = (hostname = 'here'): Spool =>
  openSpool({ directory, hostname, pid: process.pid, maxAgeMs: HOUR_MS, log });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spool-'));
  spool = openHere();
});
afterEach(async () => {
  await spool.close();
  rmSync(directory, { recursive: true, force: true });
});

const CHUNK = 65_536;
/** A stream of copies: what is received is used up. */
const streamOf = (...chunks: Buffer[]): Readable => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
const inSpool = (): string[] => readdirSync(directory, { recursive: true }).map(String);
const filesIn = (): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe('a reception', () => {
  it('is the file, its size and its hash; removed when its owner says so', async () => {
    const chunks = Array.from({ length: 5 }, () => randomBytes(CHUNK));
    const whole = Buffer.concat(chunks);
    const received = await spool.receive(streamOf(...chunks), { maxBytes: whole.length });
    expect(received).toMatchObject({
      sizeBytes: whole.length,
      sha256: createHash('sha256').update(whole).digest('hex'),
    });
    expect(readFileSync(received.path).equals(whole)).toBe(true);
    expect(filesIn()).toHaveLength(1);
    await received.remove();
    await received.remove();
    expect(filesIn()).toEqual([]);
  });

  it('of nothing is an empty file', async () => {
    const received = await spool.receive(streamOf(), { maxBytes: 1 });
    expect(received).toMatchObject({
      sizeBytes: 0,
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    });
  });

  it('is nobody else’s to read', async () => {
    const { path } = await spool.receive(streamOf(Buffer.from('x')), { maxBytes: 1 });
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(path, '..')).mode & 0o777).toString(8)).toBe('700');
  });

  it('has a file of its own, however many there are at once', async () => {
    const many = Array.from({ length: 20 }, (_, index) => Buffer.from(`file ${index}`));
    const received = await Promise.all(many.map((each) => spool.receive(streamOf(each), { maxBytes: 100 })));
    expect(received.map(({ path }) => readFileSync(path, 'utf8'))).toEqual(many.map(String));
  });

  it('asks for no more than it has written, but for what a stream reads ahead', async () => {
    let pulled = 0;
    let farthest = 0;
    const chunks = function* () {
      for (; pulled < 100; pulled += 1) {
        const name = filesIn()[0];
        const [folder = ''] = readdirSync(directory);
        const written = name === undefined ? 0 : statSync(join(directory, folder, name)).size;
        farthest = Math.max(farthest, pulled * CHUNK - written);
        yield Buffer.alloc(CHUNK);
      }
    };
    await spool.receive(Readable.from(chunks(), { highWaterMark: 1 }), { maxBytes: Infinity });
    expect(pulled).toBe(100);
    expect(farthest).toBeLessThanOrEqual(4 * CHUNK);
  });

  it('gives the memory of a chunk back at once, but never what is another one’s too', async () => {
    const alone = Buffer.from(new ArrayBuffer(CHUNK));
    const shared = Buffer.from(new ArrayBuffer(2 * CHUNK));
    const parts = [shared.subarray(0, CHUNK), alone, shared.subarray(CHUNK)];
    await spool.receive(Readable.from(parts), { maxBytes: Infinity });
    expect([alone.length, shared.length]).toEqual([0, 2 * CHUNK]);
  });
});

describe('a reception that fails', () => {
  it.each([
    [0, undefined],
    [1, 'FILE_TOO_LARGE'],
  ])('%i bytes more than the limit: %s', async (more, code) => {
    const receiving = spool.receive(streamOf(Buffer.alloc(CHUNK), Buffer.alloc(10 + more)), {
      maxBytes: CHUNK + 10,
    });
    if (code === undefined) {
      expect((await receiving).sizeBytes).toBe(CHUNK + 10);
      return;
    }
    await expect(receiving).rejects.toMatchObject({ code });
    expect(filesIn()).toEqual([]);
  });

  it('does not go on reading what is too large', async () => {
    let pulled = 0;
    const endless = function* () {
      for (;;) {
        pulled += 1;
        yield Buffer.alloc(CHUNK);
      }
    };
    const stream = Readable.from(endless());
    await expect(spool.receive(stream, { maxBytes: 10 * CHUNK })).rejects.toMatchObject({
      code: 'FILE_TOO_LARGE',
    });
    expect(pulled).toBeLessThan(40);
    expect(stream.destroyed).toBe(true);
  });

  it('with the stream leaves nothing, and says what the stream said', async () => {
    const stream = new Readable({ read: () => undefined });
    stream.push(Buffer.alloc(CHUNK));
    const receiving = spool.receive(stream, { maxBytes: Infinity });
    stream.destroy(new Error('broken off'));
    await expect(receiving).rejects.toThrow('broken off');
    expect(filesIn()).toEqual([]);
  });

  it('where there is no place for a folder: SPOOL_UNAVAILABLE', async () => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    const stream = streamOf(Buffer.from('x'));
    const error: unknown = await spool.receive(stream, { maxBytes: 1 }).catch((reason: unknown) => reason);
    expect(isServiceError(error, 'SPOOL_UNAVAILABLE')).toBe(true);
    expect(error).toMatchObject({ cause: { code: 'ENOTDIR' } });
  });

  it('where the disk takes a part only: SPOOL_UNAVAILABLE, and the part is gone', async () => {
    const program = `
      import { openSpool } from ${JSON.stringify(new URL('../../../files/spool.ts', import.meta.url).href)};
      import { Readable } from 'node:stream';
      const [directory] = process.argv.slice(1);
      const spool = openSpool({ directory, hostname: 'here', pid: process.pid, maxAgeMs: 1e6, log: console });
      const stream = Readable.from([Buffer.alloc(65_536), Buffer.alloc(65_536)]);
      await spool.receive(stream, { maxBytes: 1e6 }).catch(({ code, cause }) => console.log(code, cause.code));`;
    // A limit on the size of files, in blocks of 512 or 1024 bytes: the second chunk is too much either way.
    const command = 'ulimit -f 100; exec "$0" --input-type=module -e "$1" "$2"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, program, directory]);
    expect(stdout).toBe('SPOOL_UNAVAILABLE EFBIG\n');
    expect(filesIn()).toEqual([]);
  });
});

describe('the folder', () => {
  it('is made when it is needed, also when somebody took it away', async () => {
    expect(inSpool()).toEqual([]);
    await spool.receive(streamOf(Buffer.from('x')), { maxBytes: 1 });
    rmSync(directory, { recursive: true });
    const { path } = await spool.receive(streamOf(Buffer.from('y')), { maxBytes: 1 });
    expect(readFileSync(path, 'utf8')).toBe('y');
  });

  it('is gone at the end, with all that is in it', async () => {
    await spool.receive(streamOf(Buffer.from('x')), { maxBytes: 1 });
    await spool.close();
    expect(inSpool()).toEqual([]);
  });

  it.each(['../../etc', 'a/b', '..', 'ä b', ''])('stays in its place for the host %j', async (hostname) => {
    const odd = openHere(hostname);
    const { path } = await odd.receive(streamOf(Buffer.from('x')), { maxBytes: 1 });
    expect(path.slice(directory.length)).toMatch(/^\/[A-Za-z0-9._-]*-\d+-[0-9a-f]{12}\/[0-9a-f-]{36}$/);
    await odd.close();
  });

  it('that is a link elsewhere is unlinked, and what is there stays', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    writeFileSync(join(elsewhere, 'kept'), '');
    symlinkSync(elsewhere, join(directory, `here-${process.pid}-${'0'.repeat(12)}`));
    const other = openHere();
    await other.receive(streamOf(Buffer.from('x')), { maxBytes: 1 });
    await other.close();
    expect(existsSync(join(elsewhere, 'kept'))).toBe(true);
    rmSync(elsewhere, { recursive: true });
  });
});

describe('spoolMaxAgeMs', () => {
  it.each([
    [300_000, HOUR_MS],
    [HOUR_MS, 2 * HOUR_MS],
  ])('is twice the time of an upload, and an hour at least (%i)', (uploadTimeoutMs, maxAgeMs) => {
    expect(spoolMaxAgeMs(uploadTimeoutMs)).toBe(maxAgeMs);
  });
});
