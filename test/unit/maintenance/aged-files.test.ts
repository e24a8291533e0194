/** Files that go when they are older than some hours. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { globProblem } from '../../../domain/name-glob.ts';
import { cleanAgedFiles, type AgedFilesSettings } from '../../../maintenance/index.ts';
import { age, directory, file, snapshot } from './tree.ts';

const CONTEXT = { signal: new AbortController().signal, heartbeat: () => undefined };
const HOUR_MS = 3_600_000;

interface Cleaned {
  readonly result: Awaited<ReturnType<typeof cleanAgedFiles>>;
  readonly logged: readonly Record<string, unknown>[];
}

async function clean(
  path: string,
  changes: Partial<AgedFilesSettings> = {},
  dryRun = false,
): Promise<Cleaned> {
  const logged: Record<string, unknown>[] = [];
  const log = pino(
    {},
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const guarded = { home: '/nowhere/home', data: '/nowhere/data' };
  const settings = { directory: path, guarded, glob: '*.mp3', maxAgeMs: 24 * HOUR_MS, ...changes };
  return { result: await cleanAgedFiles({ log, settings }, { dryRun }, CONTEXT), logged };
}

/** Old ones and young ones, other names, and files further down. */
function grow(root: string): void {
  file(join(root, 'old.mp3'), 'xxxx', 25);
  file(join(root, 'young.mp3'), 'x', 23);
  file(join(root, 'old.wav'), 'x', 25);
  file(join(root, '.hidden.mp3'), 'x', 25);
  file(join(root, 'below', 'old.mp3'), 'x', 25);
  mkdirSync(join(root, 'directory.mp3'));
  age(join(root, 'directory.mp3'), 25);
  symlinkSync(file(join(root, 'below', 'target')), join(root, 'link.mp3'));
}

it('go when they match, lie directly in the directory, and are old enough', async () => {
  const root = directory();
  grow(root);
  const before = snapshot(root);
  const dry = await clean(root, {}, true);
  expect(snapshot(root)).toEqual(before);
  const { result, logged } = await clean(root);
  expect(result).toEqual({
    ...{ deleted_count: 1, freed_bytes: 4, checked_count: 4, errors: 0, dry_run: false },
    duration_ms: expect.any(Number),
  });
  expect({ ...dry.result, duration_ms: 0, dry_run: false }).toEqual({ ...result, duration_ms: 0 });
  expect(existsSync(join(root, 'old.mp3'))).toBe(false);
  expect(readdirSync(root, { recursive: true })).toHaveLength(before.length - 1);
  expect(logged).toEqual([expect.objectContaining({ event: 'aged_files_cleaned', ...result })]);
});

it('strictly older, and by any pattern', async () => {
  const root = directory();
  file(join(root, 'a.mp3'), 'x', -1);
  expect((await clean(root, { maxAgeMs: 0 })).result.deleted_count).toBe(0);
  for (const name of ['a.mp3', 'b.wav', 'c.MP3', 'd.mp3.part']) file(join(root, name), 'x', 1);
  expect((await clean(root, { maxAgeMs: 0.5 * HOUR_MS, glob: '*.{mp3,wav}' })).result.deleted_count).toBe(2);
  expect(readdirSync(root).toSorted()).toEqual(['c.MP3', 'd.mp3.part']);
  expect((await clean(root, { maxAgeMs: 0.5 * HOUR_MS, glob: '*' })).result.deleted_count).toBe(2);
});

it('by when they last changed, not by when they were read or made', async () => {
  const root = directory();
  const [now, old] = [Date.now() / 1000, Date.now() / 1000 - 25 * 3_600];
  utimesSync(file(join(root, 'read again.mp3')), now, old);
  utimesSync(file(join(root, 'not read.mp3')), old, now);
  const { result } = await clean(root);
  expect([result.deleted_count, readdirSync(root)]).toEqual([1, ['not read.mp3']]);
});

it('many, and names that are no UTF-8', async () => {
  const root = directory();
  for (let n = 0; n < 1_000; n += 1) file(join(root, `${n} ü.mp3`), 'x', 25);
  writeFileSync(Buffer.from(`${root}/\u00ff.mp3`, 'latin1'), 'x');
  const { result } = await clean(root, { maxAgeMs: -HOUR_MS });
  expect(result).toMatchObject({ checked_count: 1_001, deleted_count: 1_001, errors: 0 });
  expect(readdirSync(root)).toEqual([]);
});

it('a directory that is not there is no error; one that is refused fails', async () => {
  const root = directory();
  expect((await clean(join(root, 'none'))).result).toMatchObject({ checked_count: 0, errors: 0 });
  expect((await clean(file(join(root, 'file')))).result).toMatchObject({ checked_count: 0, errors: 1 });
  await expect(clean(root, { guarded: { home: root, data: '/nowhere' } })).rejects.toThrow('home directory');
  await expect(clean('/')).rejects.toThrow('root directory');
});

it('stops when it is asked to', async () => {
  const root = directory();
  grow(root);
  const context = { ...CONTEXT, signal: AbortSignal.abort(new Error('enough')) };
  const settings = { directory: root, guarded: { home: '/n', data: '/n' }, glob: '*', maxAgeMs: 0 };
  const log = pino({ level: 'silent' });
  const before = snapshot(root);
  await expect(cleanAgedFiles({ log, settings }, { dryRun: false }, context)).rejects.toThrow('enough');
  expect(snapshot(root)).toEqual(before);
});

it.each([
  ['*.mp3', undefined],
  ['[ab]?.{mp3,wav}', undefined],
  ['', /empty/],
  ['  ', /empty/],
  ['*/*.mp3', /names/],
  ['../*.mp3', /names/],
  ['!*.mp3', /!/],
])('the pattern %j', (glob, problem) => {
  if (problem === undefined) expect(globProblem(glob)).toBeUndefined();
  else expect(globProblem(glob)).toMatch(problem);
});
