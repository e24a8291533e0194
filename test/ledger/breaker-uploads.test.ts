/** What uploads, and the calls around them, do to the breaker of their account. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { breakerState } from '../../ledger/queries/provider-limit.ts';
import type { NewFile } from '../../providers/port.ts';
import type { Fault } from '../../simulator/contract.ts';
import type { Bench } from './kit.ts';
import {
  areHeldBack,
  CALL,
  create,
  isOpen,
  makeDue,
  makeStores,
  twoProcesses,
  type LimitedPart,
} from './limits-kit.ts';

/** Shorter than a minute, so that one can tell whose failure opened it. */
const BRIEF = { firstOpenMs: 1_000, longestOpenMs: 30_000 };
const AWAY: Fault = { kind: 'status', status: 503 };

/** Uploads with ids of their own. */
async function newFiles(count: number): Promise<NewFile[]> {
  const directory = await mkdtemp(join(tmpdir(), 'breaker-uploads-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'content');
  await writeFile(path, 'content');
  const one = { path, sizeBytes: 7, filename: 'a.txt', mimeType: 'text/plain', purpose: 'assistants' };
  return Array.from({ length: count }, () => ({ ...one, uploadId: randomUUID() }));
}

const meet = (bench: Bench, fault: Fault, times = 0) =>
  bench.control.setFault({ match: { operation: 'upload_file' }, times, fault });
const uploadAll = ({ provider }: LimitedPart, files: readonly NewFile[]) =>
  Promise.allSettled(files.map((file) => provider.uploadFile(file, CALL)));
const openMs = async (bench: Bench, { accountId }: LimitedPart) =>
  (await breakerState(bench.ledger, accountId))?.openMs ?? 0;

describe('uploads that fail', () => {
  it('five in a row, open it for a minute; then one tries, and closes it for all', async () => {
    const { bench, one, two } = await twoProcesses(BRIEF);
    const [first, ...files] = await newFiles(8);
    await meet(bench, AWAY, 5);
    await uploadAll(one, files.slice(0, 4));
    // The same upload again makes the row no longer.
    await meet(bench, AWAY, 6);
    await uploadAll(one, files.slice(3, 4));
    expect(await isOpen(bench, one)).toBe(false);
    await uploadAll(two, files.slice(4, 5));
    expect(await openMs(bench, one)).toBeGreaterThan(55_000);
    expect([one.opened, two.opened]).toEqual([[], ['failing']]);
    expect(areHeldBack(await uploadAll(two, files))).toBe(true);
    await bench.control.clearFaults();

    await makeDue(bench);
    await meet(bench, { kind: 'hold', name: 'trial' }, 1);
    const trial = one.provider.uploadFile(first as NewFile, CALL);
    await bench.control.waitForHeld('trial');
    expect(areHeldBack(await uploadAll(two, files))).toBe(true);
    await bench.control.release('trial');
    await trial;
    expect(await isOpen(bench, one)).toBe(false);
    expect((await uploadAll(one, files)).every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('as the one that tries, keep it open for another minute', async () => {
    const { bench, one } = await twoProcesses(BRIEF);
    await meet(bench, AWAY);
    const files = await newFiles(6);
    await uploadAll(one, files.slice(0, 5));
    await makeDue(bench);
    await uploadAll(one, files.slice(5));
    expect(await openMs(bench, one)).toBeGreaterThan(55_000);
    expect(one.opened).toEqual(['failing']);
  });

  it('make a row of their own: other calls wait no longer than those make themselves', async () => {
    const { bench, one } = await twoProcesses(BRIEF);
    await bench.control.setFault({ times: 0, fault: AWAY });
    await uploadAll(one, await newFiles(4));
    for (let n = 0; n < 4; n += 1) await create(one).catch(() => undefined);
    expect(await isOpen(bench, one)).toBe(false);
    await create(one).catch(() => undefined);
    expect(await isOpen(bench, one)).toBe(true);
    expect(await openMs(bench, one)).toBeLessThanOrEqual(BRIEF.firstOpenMs);
  });

  it('open it although other calls are answered in between', async () => {
    const { bench, one, two } = await twoProcesses(BRIEF);
    await meet(bench, AWAY);
    const files = await newFiles(5);
    for (const file of files.slice(1)) {
      await uploadAll(one, [file]);
      await create(two);
    }
    expect(await isOpen(bench, one)).toBe(false);
    await uploadAll(one, files.slice(0, 1));
    expect(await openMs(bench, one)).toBeGreaterThan(50_000);
  });

  it('open it again by one, where another call was the trial; an upload that works ends that', async () => {
    const { bench, one } = await twoProcesses(BRIEF);
    const files = await newFiles(12);
    await meet(bench, AWAY, 6);
    await uploadAll(one, files.slice(0, 5));
    await makeDue(bench);
    await create(one);
    expect(await isOpen(bench, one)).toBe(false);
    await uploadAll(one, files.slice(5, 6));
    expect(await isOpen(bench, one)).toBe(true);
    await makeDue(bench);
    await uploadAll(one, files.slice(6, 7));
    await meet(bench, AWAY);
    await uploadAll(one, files.slice(7, 11));
    expect(await isOpen(bench, one)).toBe(false);
    await uploadAll(one, files.slice(11));
    expect(await isOpen(bench, one)).toBe(true);
  });
});

it.each([
  ['throttled', { kind: 'status', status: 429 }],
  ['refused', { kind: 'status', status: 400 }],
] as const)('uploads that are %s do not open it', async (kind, fault) => {
  const { bench, one } = await twoProcesses(BRIEF);
  await meet(bench, fault);
  for (const result of await uploadAll(one, await newFiles(7))) {
    expect(result).toMatchObject({ status: 'rejected', reason: { kind } });
  }
  expect(await isOpen(bench, one)).toBe(false);
});

it.each([
  ['not found', { kind: 'status', status: 404, body: { error: { message: 'No file found' } } }, 'gone'],
  [
    'turned down by a full store',
    {
      kind: 'status',
      status: 400,
      body: { error: { message: 'the store has the maximum number of files' } },
    },
    'full',
  ],
  [
    'turned down for the moment',
    { kind: 'status', status: 409, body: { error: { message: 'The vector store is in_progress' } } },
    'unavailable',
  ],
] as const)('files that are %s when attached do not open it', async (_what, fault, kind) => {
  const { bench, one } = await twoProcesses(BRIEF);
  const [storeId = ''] = await makeStores(bench, 1);
  await bench.control.setFault({ match: { operation: 'attach_file' }, times: 0, fault });
  for (let n = 0; n < 12; n += 1) {
    await expect(one.provider.attachFile(storeId, `file-${n}`, CALL)).rejects.toMatchObject({ kind });
  }
  expect(await isOpen(bench, one)).toBe(false);
});
