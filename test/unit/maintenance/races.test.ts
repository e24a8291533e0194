/** What others do to the directory while it is being cleaned. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanDirectory } from '../../../maintenance/results/clean.ts';
import { endThreads } from '../../../maintenance/thread/threads-running.ts';
import { noCounts, type Counts } from '../../../maintenance/results/counts.ts';
import type { Step } from '../../../maintenance/results/pass.ts';
import { until } from '../../support/until.ts';
import { taskOf } from './clean-here.ts';
import { byPath, counted, here, inThreads } from './passes.ts';
import {
  ageAll,
  directory,
  file,
  future,
  metadataPath,
  pair,
  snapshot,
  standing,
  type PairFiles,
} from './tree.ts';

const ON_ONE_THREAD = [
  ['by descriptor', here],
  ['by path', byPath],
] as const;

/** Does something once, at the first step of a kind. */
function atFirst(wanted: Step, deed: (path: string) => void): (step: Step, path: string) => void {
  let done = false;
  return (step, path) => {
    if (step !== wanted || done) return;
    done = true;
    deed(path);
  };
}

describe.each(ON_ONE_THREAD)('what vanishes is no error, %s', (_name, cleaner) => {
  it('a result: its metadata goes, and counts as bytes only', async () => {
    const root = directory();
    const { metadata, bytes } = pair(join(root, 'x'));
    const clean = cleaner(atFirst('result', (path) => unlinkSync(path)));
    const { counts, notes } = await clean({ root });
    expect(counts).toEqual(counted({ checked: 1, freedBytes: bytes - 100 }));
    expect([notes, existsSync(metadata)]).toEqual([[], false]);
  });

  it('metadata', async () => {
    const root = directory();
    pair(join(root, 'x'));
    const clean = cleaner(atFirst('metadata', (path) => unlinkSync(path)));
    expect((await clean({ root })).counts).toEqual(counted({ checked: 1, deleted: 1, freedBytes: 100 }));
  });

  it('a whole directory, at each moment', async () => {
    for (const step of ['enter', 'result', 'metadata'] as const) {
      const root = directory();
      for (const name of ['a', 'b', 'c']) pair(join(root, 'session', name));
      const last = pair(join(root, 'z', 'last'));
      const clean = cleaner((now, path) => {
        if (now === step && path.includes('session'))
          rmSync(join(root, 'session'), { recursive: true, force: true });
      });
      const { counts, notes } = await clean({ root });
      expect([counts.errors, notes, standing(last)], step).toEqual([0, [], 'none']);
    }
  });

  it('the resolved directory itself', async () => {
    const root = join(directory(), 'results');
    for (const name of ['a', 'b', 'c']) pair(join(root, name));
    const clean = cleaner(atFirst('enter', () => rmSync(root, { recursive: true })));
    expect(await clean({ root })).toEqual({ counts: counted({}), notes: [] });
  });

  it('leftovers and empty directories', async () => {
    const grow = (): string => {
      const root = directory();
      file(metadataPath(join(root, 'a', 'x')), JSON.stringify({ expires_at: future() }));
      ageAll(root, 100);
      return root;
    };
    const clean = cleaner(atFirst('leftover', (path) => unlinkSync(path)));
    expect((await clean({ root: grow(), leftoverHours: 1 })).counts).toEqual(counted({}));
    const root = grow();
    const other = cleaner(atFirst('directory', () => rmSync(join(root, 'a'), { recursive: true })));
    expect((await other({ root, leftoverHours: 1 })).counts).toEqual(counted({ leftovers: 1 }));
  });
});

/** A directory elsewhere with a pair of each name, that nobody may touch. */
function victim(names: readonly string[]): { readonly path: string; readonly pairs: readonly PairFiles[] } {
  const path = directory();
  return { path, pairs: names.map((name) => pair(join(path, name))) };
}

describe('a symbolic link in the place of a directory leads nobody out', () => {
  const NAMES = Array.from({ length: 200 }, (_unused, n) => `${n}`);

  function swap(root: string, to: string): void {
    renameSync(join(root, 'session'), join(root, 'moved'));
    symlinkSync(to, join(root, 'session'));
  }

  it.each(ON_ONE_THREAD)('put there before it is entered, %s', async (_name, cleaner) => {
    const [root, { path, pairs }] = [directory(), victim(NAMES)];
    for (const name of NAMES) pair(join(root, 'session', name));
    const first = pair(join(root, 'first'));
    const before = snapshot(path);
    const clean = cleaner(atFirst('metadata', () => swap(root, path)));
    const { counts } = await clean({ root });
    expect(counts).toMatchObject({ checked: 1, deleted: 1, errors: 0 });
    expect(standing(first)).toBe('none');
    expect([snapshot(path), pairs.every((one) => standing(one) === 'both')]).toEqual([before, true]);
  });

  it.each(ON_ONE_THREAD)('put there once it was entered, %s', async (_name, cleaner) => {
    const [root, { path }] = [directory(), victim(NAMES)];
    for (const name of NAMES) pair(join(root, 'session', name));
    const before = snapshot(path);
    let entered = 0;
    const clean = cleaner((step) => {
      if (step === 'enter' && ++entered === 2) swap(root, path);
    });
    await clean({ root });
    expect(entered).toBe(2);
    expect(snapshot(path)).toEqual(before);
  });

  it.each(['result', 'metadata'] as const)(
    'put there between two calls, at the %s of the third',
    async (wanted) => {
      const [root, { path }] = [directory(), victim(NAMES)];
      const own = NAMES.map((name) => pair(join(root, 'session', name)));
      const before = snapshot(path);
      let seen = 0;
      const clean = here((step) => {
        if (step === wanted && ++seen === 3) swap(root, path);
      });
      const { counts } = await clean({ root });
      expect(snapshot(path)).toEqual(before);
      // Where it stood before, it is the same directory, and cleaned on.
      expect(counts.deleted).toBe(NAMES.length);
      expect(own.map(standing)).toEqual(NAMES.map(() => 'both'));
      expect(readdirSync(join(root, 'moved'))).toEqual([]);
    },
  );

  it('a result that becomes a link, or a directory, before it is deleted', async () => {
    const [root, { path, pairs }] = [directory(), victim(['x'])];
    const [linked, replaced] = [pair(join(root, 'a')), pair(join(root, 'b'))];
    const clean = here((step, at) => {
      if (step !== 'result') return;
      unlinkSync(at);
      if (at === linked.result) symlinkSync(pairs[0]?.result ?? '', at);
      else mkdirSync(at);
    });
    const before = snapshot(path);
    const { counts } = await clean({ root });
    // Only the link itself goes; what cannot be deleted is an error, and keeps its metadata.
    expect(counts).toMatchObject({ checked: 2, deleted: 1, errors: 1 });
    expect(snapshot(path)).toEqual(before);
    expect(standing(replaced)).toBe('both');
  });
});

describe('several at once', () => {
  const PAIRS = 1_200;

  function grow(root: string): number {
    let bytes = 0;
    for (let n = 0; n < PAIRS; n += 1)
      bytes += pair(join(root, n % 2 === 0 ? 'flat' : `s ${n % 40}`, `${n}`)).bytes;
    return bytes;
  }

  it('count each deletion once', async () => {
    const root = directory();
    const bytes = grow(root);
    const passes = await Promise.all([inThreads({ root }), inThreads({ root }), inThreads({ root })]);
    const sum = (of: (counts: Counts) => number) =>
      passes.reduce((total, { counts }) => total + of(counts), 0);
    expect([sum((counts) => counts.deleted), sum((counts) => counts.freedBytes)]).toEqual([PAIRS, bytes]);
    expect(sum((counts) => counts.errors)).toBe(0);
    expect((await inThreads({ root })).counts).toEqual(counted({}));
  });

  it('one that is asked to stop has counted what it did, and the next does the rest', async () => {
    const root = directory();
    const bytes = grow(root);
    const stop = new AbortController();
    let read: () => Counts = noCounts;
    const options = {
      signal: stop.signal,
      note: () => undefined,
      began: (counts: () => Counts) => void (read = counts),
    };
    const done = cleanDirectory(taskOf({ root }), options);
    await until(() => read().deleted > 0, { describe: 'something was deleted', everyMs: 1 });
    stop.abort();
    const first = await done;
    const second = await inThreads({ root });
    expect(first.deleted + second.counts.deleted).toBe(PAIRS);
    expect(first.freedBytes + second.counts.freedBytes).toBe(bytes);
    grow(root);
    const late = { signal: AbortSignal.abort(), note: () => undefined };
    expect(await cleanDirectory(taskOf({ root }), late)).toEqual(counted({}));
  });

  it('one whose threads are cut off is no success', async () => {
    const root = directory();
    grow(root);
    const options = { signal: new AbortController().signal, note: () => undefined };
    const done = cleanDirectory(taskOf({ root }), options);
    endThreads();
    await expect(done).rejects.toThrow('cut off');
  });

  it('a fault of a thread ends them all, and is told', async () => {
    const root = directory();
    grow(root);
    const task = { ...taskOf({ root }), root: Symbol.iterator as never };
    const options = { signal: new AbortController().signal, note: () => undefined };
    await expect(cleanDirectory(task, options)).rejects.toThrow();
    await expect(cleanDirectory({ ...task, root: 7 as never }, options)).rejects.toThrow(/path|string/i);
  });
});
