import { once } from 'node:events';
import { readlinkSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROVIDER_NAMES } from '../../../domain/providers.ts';
import { collect, useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, LIMITS, providerAt, TEST_KEY } from './provider-fixture.ts';
import { joined, newFile, providerOf, PURPOSES, sha256Of } from './upload-fixture.ts';

/** Larger than what the simulator keeps in memory, and than one chunk of ours. */
const LARGE = Buffer.alloc(3 * 2 ** 20 + 7, 'content of a large file\n');

describe('files at each provider', () => {
  const fixture = useSimulator();

  it.each(PROVIDER_NAMES)('%s: uploaded, found, listed, read back, deleted', async (name) => {
    await fixture.control.config({ assistants_content: 'given' });
    const provider = providerOf(fixture, name);
    expect(provider.account.provider).toBe(name);
    expect(provider.offersStores).toBe(name === 'openai');
    const purpose = PURPOSES[name];
    const made = await provider.uploadFile(newFile(LARGE, { purpose }), LIMITS);
    expect(made).toMatchObject({ filename: 'notes.txt', sizeBytes: LARGE.length, purpose });
    expect(Math.abs(Date.now() - made.createdAtMs)).toBeLessThan(5_000);
    const other = await provider.uploadFile(newFile('other', { purpose }), LIMITS);
    expect(await provider.retrieveFile(made.id, LIMITS)).toEqual(made);
    expect((await collect(provider.listFiles(LIMITS))).flat()).toEqual([other, made]);
    const read = await joined(provider.fileContent(made.id, { ...LIMITS, maxBytes: LARGE.length }));
    expect(read.equals(LARGE)).toBe(true);
    await provider.deleteFile(made.id, LIMITS);
    expect((await collect(provider.listFiles(LIMITS))).flat()).toEqual([other]);
    expect((await failureOf(provider.deleteFile(made.id, LIMITS))).kind).toBe('gone');
  });

  it('one that GLM does not list is denied, as it has no call for one file', async () => {
    const failure = await failureOf(providerOf(fixture, 'glm').retrieveFile('file-unknown', LIMITS));
    expect(failure).toMatchObject({ kind: 'refused', deniesObject: true });
  });

  it('more than a page of them are listed whole', async () => {
    await fixture.control.config({ glm_file_limit: 0 });
    for (const name of ['kimi', 'glm'] as const) {
      const provider = providerOf(fixture, name, { apiKey: 'sk-pages' });
      const file = newFile('x', { purpose: PURPOSES[name] });
      const ids: string[] = [];
      for (let n = 0; n < 102; n += 1) ids.unshift((await provider.uploadFile(file, LIMITS)).id);
      expect((await collect(provider.listFiles(LIMITS))).flat().map(({ id }) => id)).toEqual(ids);
    }
  });

  it.each(['kimi', 'glm'] as const)('%s refuses what is about stores, and nothing is sent', async (name) => {
    const provider = providerOf(fixture, name);
    const { last_seq: since } = await fixture.control.journalPage();
    const calls = [
      provider.createStore({ name: '', metadata: {}, expiresAfterDays: null }, LIMITS),
      provider.retrieveStore('vs_1', LIMITS),
      provider.setStoreExpiry('vs_1', 1, LIMITS),
      provider.findStoresByLease({ instanceId: 'i', leaseId: 'l', createdSinceMs: null }, LIMITS),
      provider.deleteStore('vs_1', LIMITS),
      provider.attachFile('vs_1', 'file-1', LIMITS),
      collect(provider.listStores(LIMITS)),
      collect(provider.listStoreFiles('vs_1', LIMITS)),
    ];
    for (const call of calls) expect((await failureOf(call)).kind).toBe('refused');
    expect(await fixture.control.journal(since)).toEqual([]);
  });

  it('are attached to a store', async () => {
    const provider = providerOf(fixture, 'openai');
    const store = await provider.createStore({ name: '', metadata: {}, expiresAfterDays: null }, LIMITS);
    const file = await provider.uploadFile(newFile('x'), LIMITS);
    await provider.attachFile(store.id, file.id, LIMITS);
    const listed = (await collect(provider.listStoreFiles(store.id, LIMITS))).flat();
    expect(listed.map(({ id }) => id)).toEqual([file.id]);
  });
});

describe('an upload', () => {
  const fixture = useSimulator();
  const provider = (meter?: { call: (operation: string, outcome: string) => void }) =>
    providerOf(fixture, 'openai', meter === undefined ? {} : { meter });

  it.each([
    'plain.txt',
    'with "quotes".txt',
    "it's; name=x.txt",
    'übergrößé 文件 🗂️.txt',
    '100%.txt',
    'a b  c.txt',
    '.hidden.txt',
    `${'n'.repeat(250)}.txt`,
  ])('arrives under its own name: %s', async (filename) => {
    const made = await provider().uploadFile(newFile('x', { filename }), LIMITS);
    expect(made.filename).toBe(filename);
  });

  it('is one POST with the bytes of the file, whatever becomes of it', async () => {
    for (const fault of ['drop_before', 'drop_after'] as const) {
      const { last_seq: since } = await fixture.control.journalPage();
      await fixture.control.setFault({ match: { operation: 'upload_file' }, fault: { kind: fault } });
      expect((await failureOf(provider().uploadFile(newFile(LARGE), LIMITS))).kind).toBe('ambiguous');
      expect(await fixture.control.journal(since)).toMatchObject([
        { operation: 'upload_file', sha256: sha256Of(LARGE), bytes: LARGE.length, status: 'dropped' },
      ]);
    }
  });

  it('is told to the meter, with the others about files', async () => {
    const calls: string[] = [];
    const metered = provider({ call: (operation, outcome) => void calls.push(`${operation} ${outcome}`) });
    const { id } = await metered.uploadFile(newFile('x', { purpose: 'user_data' }), LIMITS);
    await joined(metered.fileContent(id, { ...LIMITS, maxBytes: 1 }));
    await failureOf(joined(metered.fileContent('file-unknown', { ...LIMITS, maxBytes: 1 })));
    await failureOf(metered.attachFile('vs_unknown', id, LIMITS));
    expect(calls).toEqual(['upload_file ok', 'file_content ok', 'file_content gone', 'attach_file gone']);
  });

  it.each(['its deadline', 'the caller'] as const)(
    'in the middle of its body is ended by %s',
    async (who) => {
      const caller = new AbortController();
      const limits = who === 'the caller' ? { ...LIMITS, signal: caller.signal } : { deadlineMs: 2_000 };
      const fault = { kind: 'hold', name: 'body' } as const;
      await fixture.control.setFault({ match: { operation: 'upload_file' }, fault, phase: 'during' });
      const upload = failureOf(provider().uploadFile(newFile(Buffer.alloc(32 * 2 ** 20)), limits));
      const [held] = await fixture.control.waitForHeld('body');
      if (who === 'the caller') caller.abort();
      expect((await upload).kind).toBe('ambiguous');
      await fixture.control.release('body');
      await fixture.control.waitForJournal(
        ({ seq, status }) => seq === held?.seq && status === 'client_gone',
      );
      expect((await fixture.control.state()).files.filter(({ bytes }) => bytes >= 2 ** 25)).toEqual([]);
    },
  );

  it('leaves no file open, whatever becomes of it', async () => {
    const file = newFile(LARGE);
    const isOpen = () =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === file.path;
        } catch {
          return false;
        }
      });
    await provider().uploadFile(file, LIMITS);
    expect(isOpen()).toBe(false);
    await fixture.control.setFault({ fault: { kind: 'hold', name: 'late' } });
    await failureOf(provider().uploadFile(file, { deadlineMs: 200 }));
    expect(isOpen()).toBe(false);
    await fixture.control.release('late');
    await failureOf(providerAt('http://127.0.0.1:9/v1').uploadFile(file, LIMITS));
    expect(isOpen()).toBe(false);
  });

  it('of a file that is not there, or not as large as told, is not sent', async () => {
    const { last_seq: since } = await fixture.control.journalPage();
    const gone = newFile('gone');
    rmSync(gone.path);
    await expect(provider().uploadFile(gone, LIMITS)).rejects.toMatchObject({ code: 'ENOENT' });
    const cut = newFile('cut short');
    truncateSync(cut.path, 3);
    await expect(provider().uploadFile(cut, LIMITS)).rejects.toThrow('3 bytes, not 9');
    expect(await fixture.control.journal(since)).toEqual([]);
  });

  it('to nobody was certainly not taken', async () => {
    const failure = await failureOf(providerAt('http://127.0.0.1:9/v1').uploadFile(newFile('x'), LIMITS));
    expect(failure).toMatchObject({ kind: 'unavailable', status: undefined });
    expect(failure.message).toContain('ECONNREFUSED');
  });
});

/** A provider that answers as the test wants, without the simulator's care for bodies. */
async function serverThat(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

describe('what leaves with an upload', () => {
  it('is the length of the whole form, the key, and no other header than needed', async () => {
    let seen: IncomingMessage['headers'] = {};
    let bytes = 0;
    const baseUrl = await serverThat((request, response) => {
      seen = request.headers;
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
      request.on('end', () => response.writeHead(500).end());
    });
    await failureOf(providerAt(baseUrl).uploadFile(newFile(LARGE), LIMITS));
    expect(Object.keys(seen).toSorted()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ]);
    expect(seen.authorization).toBe(`Bearer ${TEST_KEY}`);
    expect(seen['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(Number(seen['content-length'])).toBe(bytes);
  });

  it.each([
    ['refused', 413],
    ['refused', 307],
    ['unauthorized', 401],
  ] as const)('is %s by a %d that comes before the body is taken', async (kind, status) => {
    const baseUrl = await serverThat((request, response) => {
      const body = JSON.stringify({ error: { message: 'No.' } });
      response.writeHead(status, { location: '/elsewhere', 'content-length': body.length }).write(body);
      // As proxies do: whoever hangs up on bytes that still come in has his answer lost.
      request.resume();
    });
    const failure = await failureOf(providerAt(baseUrl).uploadFile(newFile(Buffer.alloc(2 ** 25)), LIMITS));
    expect(failure).toMatchObject({ kind, status });
  });

  it.each([
    ['an answer that never comes', () => undefined],
    [
      'an answer that never ends',
      (response: ServerResponse) => void response.writeHead(200).write('{"id": "file-1", '),
    ],
  ])('is lost in %s, and its connection ends', async (_what, answer) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const baseUrl = await serverThat((request, response) => {
      response.once('close', resolve);
      request.resume().on('end', () => answer(response));
    });
    const failure = await failureOf(providerAt(baseUrl).uploadFile(newFile('x'), { deadlineMs: 1_500 }));
    expect(failure.kind).toBe('ambiguous');
    await closed;
  });
});

describe('reading a file back', () => {
  const fixture = useSimulator();
  const provider = () => providerOf(fixture, 'openai');
  const made = async (content: string | Uint8Array, purpose = 'user_data') =>
    (await provider().uploadFile(newFile(content, { purpose }), LIMITS)).id;

  it('ends with more bytes than were expected', async () => {
    const id = await made(LARGE);
    const chunks = provider().fileContent(id, { ...LIMITS, maxBytes: LARGE.length - 1 });
    expect(await failureOf(joined(chunks))).toMatchObject({ kind: 'refused', status: undefined });
  });

  it('is refused for a purpose whose files are not given back', async () => {
    const chunks = provider().fileContent(await made('x', 'assistants'), { ...LIMITS, maxBytes: 1 });
    expect(await failureOf(joined(chunks))).toMatchObject({ kind: 'refused', status: 400 });
  });

  it.each(['hang', 'stall_body', 'cut_body'] as const)('is unavailable after %s', async (kind) => {
    const id = await made(LARGE);
    await fixture.control.setFault({ match: { operation: 'file_content' }, fault: { kind } });
    const chunks = provider().fileContent(id, { deadlineMs: 500, maxBytes: LARGE.length });
    expect((await failureOf(joined(chunks))).kind).toBe('unavailable');
  });

  it('ends the connection where the reader stops', async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const baseUrl = await serverThat((_request, response) => {
      response.once('close', resolve).writeHead(200).write('the first bytes, and then no more for now');
    });
    const chunks = providerAt(baseUrl).fileContent('file-1', { ...LIMITS, maxBytes: 1_000 });
    for await (const chunk of chunks) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await ended;
  });
});
