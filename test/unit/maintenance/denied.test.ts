/** What may not be read or deleted: seen by a child without rights, because for root there is no such thing. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgedFilesCleanup } from '../../../maintenance/index.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { isRoot, NOBODY } from './nobody.ts';
import type { Passed } from './passes.ts';
import { directory, file, pair, snapshot, standing } from './tree.ts';

const CLEAN_AS = join(import.meta.dirname, 'clean-as.ts');

function asNobody(order: object): readonly unknown[] {
  const args = [CLEAN_AS, JSON.stringify(order)];
  return JSON.parse(
    execFileSync(process.execPath, args, { env: scrubbedEnv(), encoding: 'utf8' }),
  ) as unknown[];
}

/** By each way of cleaning; what cannot be deleted is there for all of them. */
const cleaned = (wish: object): readonly Passed[] => asNobody({ results: wish }) as readonly Passed[];

/** Sets the rights of a path until the end of the test. */
function rights(path: string, mode: number): void {
  chmodSync(path, mode);
  onTestFinished(() => {
    if (existsSync(path)) chmodSync(path, 0o777);
  });
}

function open(): string {
  const root = directory();
  rights(root, 0o777);
  return root;
}

describe('results', () => {
  it('metadata that may not be read is an error, and the rest goes on', () => {
    const root = open();
    const closed = pair(join(root, 'a'));
    rights(closed.metadata, 0);
    const other = pair(join(root, 'b'));
    const [first, ...rest] = cleaned({ root });
    expect(first?.counts).toEqual({
      checked: 2,
      deleted: 1,
      freedBytes: other.bytes,
      errors: 1,
      leftovers: 0,
    });
    for (const { counts, notes } of rest) {
      expect(counts).toEqual({ checked: 1, deleted: 0, freedBytes: 0, errors: 1, leftovers: 0 });
      expect(notes).toEqual([['failed', closed.metadata, 'EACCES']]);
    }
    expect([standing(closed), standing(other)]).toEqual(['both', 'none']);
  });

  it('so is a directory that may not be read', () => {
    const root = open();
    const within = pair(join(root, 'closed', 'a'));
    rights(dirname(within.result), 0);
    for (const { counts, notes } of cleaned({ root })) {
      expect([counts.errors, counts.deleted]).toEqual([1, 0]);
      expect(notes).toEqual([['failed', dirname(within.result), 'EACCES']]);
    }
    rights(dirname(within.result), 0o777);
    expect(standing(within)).toBe('both');
  });

  it('a read-only directory: an error for each result, both files stay, and a dry run tells the same', () => {
    const root = open();
    const within = ['a', 'b', 'c'].map((name) => pair(join(root, 'read-only', name)));
    file(join(root, 'read-only', 'd.metadata.json'), '{"expires_at":1}');
    rights(join(root, 'read-only'), 0o555);
    const before = snapshot(root);
    const expected = { checked: 3, deleted: 0, freedBytes: 0, errors: 4, leftovers: 0 };
    for (const dryRun of [true, false]) {
      for (const { counts, notes } of cleaned({ root, dryRun })) {
        expect(counts).toEqual(expected);
        expect(new Set(notes.map(([kind, , code]) => `${kind} ${code}`))).toEqual(new Set(['failed EACCES']));
      }
    }
    expect(snapshot(root)).toEqual(before);
    expect(within.map(standing)).toEqual(['both', 'both', 'both']);
  });

  it('leftovers in a read-only directory', () => {
    const root = open();
    file(join(root, 'read-only', 'a.result.json.lz4'), 'x', 100);
    mkdirSync(join(root, 'read-only', 'empty'));
    rights(join(root, 'read-only'), 0o555);
    for (const dryRun of [true, false]) {
      for (const { counts } of cleaned({ root, dryRun, leftoverHours: 1 })) {
        expect(counts).toEqual({ checked: 1, deleted: 0, freedBytes: 0, errors: 1, leftovers: 0 });
      }
    }
  });

  it('the resolved directory itself', () => {
    const root = open();
    pair(join(root, 'a'));
    rights(root, 0);
    for (const { counts } of cleaned({ root })) {
      expect(counts).toEqual({ checked: 0, deleted: 0, freedBytes: 0, errors: 1, leftovers: 0 });
    }
  });

  it.skipIf(!isRoot)(
    "another user's files in a directory where each may delete his own (only root can make one)",
    () => {
      const root = open();
      rights(root, 0o1777);
      const [theirs, own] = [pair(join(root, 'theirs')), pair(join(root, 'own'))];
      for (const path of [own.result, own.metadata]) chownSync(path, NOBODY, NOBODY);
      const [first] = cleaned({ root });
      expect(first?.counts).toEqual({
        checked: 2,
        deleted: 1,
        freedBytes: own.bytes,
        errors: 1,
        leftovers: 0,
      });
      expect(first?.notes).toEqual([['failed', theirs.result, 'EPERM']]);
      expect([standing(theirs), standing(own)]).toEqual(['both', 'none']);
    },
  );
});

describe('aged files', () => {
  const clean = (path: string, dryRun = false) =>
    asNobody({ agedFiles: { directory: path, dryRun } })[0] as AgedFilesCleanup;

  it('a read-only directory is an error for each, in a dry run as well', () => {
    const root = open();
    for (const name of ['a.mp3', 'b.mp3', 'c.wav']) file(join(root, name), 'xx', 2);
    rights(root, 0o555);
    for (const dryRun of [true, false]) {
      expect(clean(root, dryRun)).toMatchObject({
        checked_count: 2,
        deleted_count: 0,
        freed_bytes: 0,
        errors: 2,
      });
    }
    rights(root, 0);
    expect(clean(root)).toMatchObject({ checked_count: 0, errors: 1 });
  });

  it.skipIf(!isRoot)('one that cannot be deleted does not stop the rest (only root can make one)', () => {
    const root = open();
    rights(root, 0o1777);
    const [kept, gone] = ['a.mp3', 'b.mp3'].map((name) => file(join(root, name), 'xx', 2));
    chownSync(gone ?? '', NOBODY, NOBODY);
    expect(clean(root)).toMatchObject({ checked_count: 2, deleted_count: 1, freed_bytes: 2, errors: 1 });
    expect([existsSync(kept ?? ''), existsSync(gone ?? '')]).toEqual([true, false]);
  });
});
