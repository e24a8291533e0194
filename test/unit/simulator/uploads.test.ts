import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { controlSimulator } from '../../../simulator/control-client.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { until } from '../../support/until.ts';
import { sdkFor, textFile, useSimulator } from './simulator-fixture.ts';

/** More than stays in memory. */
const LARGE = 'a line of a large file\n'.repeat(20_000);
const LARGE_SHA256 = createHash('sha256').update(LARGE).digest('hex');
const KEY = 'sk-test-one';

describe('uploads', () => {
  const fixture = useSimulator();
  const post = (body: string | FormData, headers: Record<string, string> = {}) =>
    fetch(`${fixture.simulator.baseUrl}/files`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${KEY}`, ...headers },
    });
  /** Sends the head of an upload and the first bytes of its body, and no more. */
  const begin = (size: number) => {
    const socket = connect(fixture.simulator.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      [
        'POST /v1/files HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${KEY}`,
        'Content-Type: multipart/form-data; boundary=b',
        `Content-Length: ${size}`,
        '',
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nthe first bytes',
      ].join('\r\n'),
    );
    return socket;
  };

  it('are told by their content, in the journal and the state', async () => {
    const { files } = fixture.sdk(KEY);
    const made = await files.create({ file: textFile(LARGE, 'l.txt'), purpose: 'user_data' });
    expect(await (await files.content(made.id)).text()).toBe(LARGE);
    expect(await fixture.control.journal()).toMatchObject([
      { operation: 'upload_file', target: made.id, sha256: LARGE_SHA256, bytes: LARGE.length },
      { operation: 'file_content', sha256: null, bytes: null },
    ]);
    const { created_at } = made;
    expect((await fixture.control.state()).files).toContainEqual(
      expect.objectContaining({ id: made.id, sha256: LARGE_SHA256, purpose: 'user_data', created_at }),
    );
  });

  it.each([
    ['no form', 'x', { 'content-type': 'multipart/form-data' }],
    [
      'a form that breaks off',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx',
      {
        'content-type': 'multipart/form-data; boundary=b',
      },
    ],
    ['no form at all', '{}', { 'content-type': 'application/json' }],
  ])('of %s are refused', async (_what, body, headers) => {
    const response = await post(body, headers);
    expect(response.status).toBe(400);
    expect((await fixture.control.journal()).at(-1)).toMatchObject({ status: 400, effect: 'none' });
  });

  it('without a file, or with a purpose that nobody knows, are refused', async () => {
    const form = new FormData();
    form.set('purpose', 'assistants');
    expect((await post(form)).status).toBe(400);
    form.set('file', textFile(LARGE));
    form.set('purpose', 'something');
    expect((await post(form)).status).toBe(400);
  });

  it('without a key are refused once they are there', async () => {
    const form = new FormData();
    form.set('file', textFile(LARGE));
    const response = await fetch(`${fixture.simulator.baseUrl}/files`, { method: 'POST', body: form });
    expect(response.status).toBe(401);
  });

  it('that end early leave nothing', async () => {
    const { last_seq: since } = await fixture.control.journalPage();
    const { files } = await fixture.control.state();
    const socket = begin(1_000);
    await fixture.control.waitForJournal(({ status }) => status === 'open', { since });
    socket.destroy();
    await fixture.control.waitForJournal(({ status }) => status === 'client_gone', { since });
    expect((await fixture.control.state()).files).toEqual(files);
  });

  it('can be held in the middle of their body', async () => {
    const fault = { kind: 'hold', name: 'middle' } as const;
    await fixture.control.setFault({ match: { operation: 'upload_file' }, fault, phase: 'during' });
    const { files } = fixture.sdk(KEY);
    let isAnswered = false;
    const upload = files.create({ file: textFile(LARGE), purpose: 'user_data' }).finally(() => {
      isAnswered = true;
    });
    expect(await fixture.control.waitForHeld('middle')).toMatchObject([
      { phase: 'during', operation: 'upload_file' },
    ]);
    expect((await fixture.control.journal()).at(-1)).toMatchObject({ status: 'open', bytes: null });
    expect(isAnswered).toBe(false);
    await fixture.control.release('middle');
    expect(await (await files.content((await upload).id)).text()).toBe(LARGE);
  });

  it('held in the middle can be cut', async () => {
    const fault = { kind: 'hold', name: 'cut' } as const;
    await fixture.control.setFault({ match: { operation: 'upload_file' }, fault, phase: 'during' });
    const upload = fixture.sdk(KEY).files.create({ file: textFile(LARGE), purpose: 'user_data' });
    const ended = upload.catch((error: unknown) => error);
    await fixture.control.waitForHeld('cut');
    await fixture.control.release('cut', 'drop');
    expect(await ended).toBeInstanceOf(Error);
    expect((await fixture.control.journal()).at(-1)).toMatchObject({ status: 'dropped', effect: 'none' });
  });

  it.each([
    { match: { operation: 'create_store' }, fault: { kind: 'hold', name: 'x' }, phase: 'during' },
    { fault: { kind: 'hold', name: 'x' }, phase: 'during' },
    { match: { operation: 'upload_file' }, fault: { kind: 'status', status: 500 }, phase: 'during' },
  ] as const)('are all that a fault can meet during: %j', async (rule) => {
    await expect(fixture.control.setFault(rule)).rejects.toThrow('during');
  });

  it('larger than a provider takes are refused', async () => {
    const size = 100 * 2 ** 20;
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([Buffer.alloc(size + 1)]), 'a.txt');
    const send = (prefix: string) =>
      fetch(`${fixture.simulator.url}${prefix}/files`, {
        method: 'POST',
        body: form,
        headers: { authorization: `Bearer ${KEY}` },
      });
    expect((await send('/glm/v4')).status).toBe(400);
    form.set('file', new Blob([Buffer.alloc(size)]), 'a.txt');
    expect((await send('/glm/v4')).status).toBe(200);
  });
});

describe('large contents', () => {
  async function started(stateFile: string) {
    const simulator = await startSimulator({ stateFile });
    await controlSimulator(simulator.url).config({ assistants_content: 'given' });
    return { simulator, ...sdkFor(simulator.baseUrl) };
  }

  it('are files beside the state, survive a restart, and go with their file', async () => {
    const stateFile = join(scratchDirectory('simulator'), 'state.jsonl');
    const directory = `${stateFile}.contents`;
    const one = await started(stateFile);
    const make = () => one.files.create({ file: textFile(LARGE), purpose: 'assistants' });
    const [kept, dropped] = [await make(), await make()];
    expect(readFileSync(stateFile, 'utf8').length).toBeLessThan(2_000);
    expect(readdirSync(directory).toSorted()).toEqual([kept.id, dropped.id].toSorted());
    await one.files.delete(dropped.id);
    expect(readdirSync(directory)).toEqual([kept.id]);
    await one.simulator.close();
    // As a crash in the middle of an upload leaves it.
    writeFileSync(join(directory, 'incoming-x'), 'x');

    const two = await started(stateFile);
    expect(await (await two.files.content(kept.id)).text()).toBe(LARGE);
    const { files } = await controlSimulator(two.simulator.url).state();
    expect(files).toMatchObject([{ id: kept.id, sha256: LARGE_SHA256 }]);
    expect(readdirSync(directory)).toEqual([kept.id]);
    await two.simulator.close();
  });

  it('of a refused upload go at once', async () => {
    const stateFile = join(scratchDirectory('simulator'), 'state.jsonl');
    const { simulator, files } = await started(stateFile);
    const upload = files.create({ file: textFile(LARGE), purpose: 'nobody knows' as 'assistants' });
    await expect(upload).rejects.toMatchObject({ status: 400 });
    await until(() => readdirSync(`${stateFile}.contents`).length === 0, { describe: 'it is removed' });
    await simulator.close();
    expect(existsSync(stateFile)).toBe(true);
  });
});
