/** What is deleted of a directory of cached results, and what is not. */
import { execFileSync } from 'node:child_process';
import {
  rmSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scrubbedEnv } from '../../support/scrub.ts';
import { byPath, CLEANERS, counted, here, inThreads } from './passes.ts';
import { directory, file, future, metadataPath, pair, past, resultPath, snapshot, standing } from './tree.ts';

const expired = JSON.stringify({ expires_at: 1 });
const SHAPES: readonly (readonly [
  what: string,
  content: string | Buffer,
  outcome: 'deleted' | 'both' | 'error',
])[] = [
  ['a byte order mark', `\ufeff${expired}`, 'deleted'],
  ['white space around it', ` \n${expired}\n`, 'deleted'],
  ['the same key twice, the last of which counts', '{"expires_at":1,"expires_at":0}', 'both'],
  ['no such key', '{"expired_at":1}', 'both'],
  ['the key further down', '{"a":{"expires_at":1}}', 'both'],
  ['U+FFFD in a text', `{"a":"\ufffd","expires_at":1}`, 'deleted'],
  ['65 535 bytes', expired.padEnd(65_535), 'deleted'],
  ['65 536 bytes', expired.padEnd(65_536), 'deleted'],
  ['65 537 bytes', expired.padEnd(65_537), 'deleted'],
  ['a mebibyte', expired.padEnd(1_048_576), 'deleted'],
  ['a mebibyte and a byte', expired.padEnd(1_048_577), 'error'],
  ['a mebibyte of brackets', '['.repeat(1_048_576), 'error'],
  ['nothing', '', 'error'],
  ['half of it', expired.slice(0, -1), 'error'],
  ['something behind it', `${expired}}`, 'error'],
  ['a list', `[${expired}]`, 'error'],
  ['null', 'null', 'error'],
  ['a text', '"expires_at"', 'error'],
  ['bytes that are no UTF-8', Buffer.from(`{"a":"\u00ff","expires_at":1}`, 'latin1'), 'error'],
  ['UTF-16', Buffer.from(expired, 'utf16le'), 'error'],
];

describe.each(CLEANERS)('cached results, %s', (_name, clean) => {
  it('every form of expires_at', async () => {
    const root = directory();
    const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
    const gone = [past(), String(Math.floor(past())), iso(past()), iso(past()).replace('Z', '+00:00'), 1, -5];
    const kept = [future(), String(future()), iso(future()), null, '', 0, '0', '99991231', '9999-12-31'];
    const wrong = ['soon', true, [], {}, '2026-13-01'];
    const of = (values: readonly unknown[], name: string) =>
      values.map((value, n) => pair(join(root, `${name} ${n}`), value));
    const [doomed, spared, odd] = [of(gone, 'gone'), of(kept, 'kept'), of(wrong, 'wrong')];
    const { counts, notes } = await clean({ root });
    expect(doomed.map(standing)).toEqual(gone.map(() => 'none'));
    expect([...spared, ...odd].map(standing)).toEqual([...kept, ...wrong].map(() => 'both'));
    expect(counts).toEqual({
      checked: gone.length + kept.length + wrong.length,
      deleted: gone.length,
      freedBytes: doomed.reduce((sum, { bytes }) => sum + bytes, 0),
      errors: wrong.length,
      leftovers: 0,
    });
    expect(notes).toEqual(odd.map(({ metadata }) => ['unreadable', metadata]));
  });

  it('metadata in every shape', async () => {
    const root = directory();
    const files = SHAPES.map(([, content], n) => {
      file(metadataPath(join(root, `${n}`)), content);
      return {
        result: file(resultPath(join(root, `${n}`))),
        metadata: metadataPath(join(root, `${n}`)),
        bytes: 0,
      };
    });
    const { counts, notes } = await clean({ root });
    const outcomes = files.map((one) => {
      if (standing(one) === 'none') return 'deleted';
      return notes.some(([kind, path]) => kind === 'unreadable' && path === one.metadata)
        ? 'error'
        : standing(one);
    });
    const shown = SHAPES.map(([what], n) => [what, outcomes[n]]);
    expect(shown).toEqual(SHAPES.map(([what, , outcome]) => [what, outcome]));
    expect(counts).toMatchObject({
      checked: SHAPES.length,
      errors: outcomes.filter((outcome) => outcome === 'error').length,
      freedBytes: SHAPES.filter(([, , outcome]) => outcome === 'deleted')
        .map(([, content]) => 1 + Buffer.byteLength(content))
        .reduce((sum, bytes) => sum + bytes, 0),
    });
  });

  it('at any depth, under any name', async () => {
    const root = directory();
    const deep = join(root, ...Array.from({ length: 60 }, (_unused, n) => `level ${n}`));
    const stems = [
      'a',
      '',
      '.hidden',
      ' b ',
      'ü – 結果',
      '\'"$(x)\\',
      'x.result.json.lz4',
      'new\nline',
      '%2e%2e',
      '~',
    ];
    const doomed = [...stems.map((stem) => join(root, 'sëssion', stem)), join(deep, 'c')].map((stem) =>
      pair(stem),
    );
    const spared = [...stems.map((stem) => join(root, 'other', stem)), join(deep, 'd')].map((stem) =>
      pair(stem, future()),
    );
    const { counts } = await clean({ root });
    expect(doomed.map(standing)).toEqual(doomed.map(() => 'none'));
    expect(spared.map(standing)).toEqual(spared.map(() => 'both'));
    expect(counts).toMatchObject({ checked: 22, deleted: 11, errors: 0 });
  });

  it('more than are looked at in one go', async () => {
    const root = directory();
    const doomed = Array.from({ length: 1_500 }, (_unused, n) => pair(join(root, 'flat', `${n}`)));
    const spared = Array.from({ length: 300 }, (_unused, n) =>
      pair(join(root, 'flat', `kept ${n}`), future()),
    );
    const { counts } = await clean({ root });
    const freedBytes = doomed.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(counts).toEqual(counted({ checked: 1_800, deleted: 1_500, freedBytes }));
    expect(readdirSync(join(root, 'flat'))).toHaveLength(600);
    expect(spared.every((files) => standing(files) === 'both')).toBe(true);
  });

  it('nothing that is called otherwise', async () => {
    const root = directory();
    const names = [
      'x.result.json',
      'x.json.lz4',
      'x.RESULT.JSON.LZ4',
      'metadata.json',
      'x.metadata.json.bak',
      'README',
    ];
    for (const name of names) file(join(root, name), expired, 1_000);
    file(join(root, 'y.result.json.lz4.tmp'), 'x', 1_000);
    mkdirSync(join(root, 'empty'));
    const before = snapshot(root);
    expect(await clean({ root })).toEqual({ counts: counted({}), notes: [] });
    expect(snapshot(root)).toEqual(before);
  });

  it('a directory that is not there, or is a file', async () => {
    const root = directory();
    expect((await clean({ root: join(root, 'none') })).counts).toEqual(counted({}));
    const { counts, notes } = await clean({ root: file(join(root, 'file')) });
    expect(counts).toEqual(counted({ errors: 1 }));
    expect(notes).toEqual([['failed', join(root, 'file'), 'ENOTDIR']]);
  });

  it('expired metadata whose result is gone goes in every run, and counts as bytes only', async () => {
    const root = directory();
    const lone = file(metadataPath(join(root, 'a')), expired);
    const kept = file(metadataPath(join(root, 'b')), JSON.stringify({ expires_at: future() }));
    const odd = file(metadataPath(join(root, 'c')), 'x');
    const { counts } = await clean({ root });
    expect(counts).toEqual(counted({ freedBytes: expired.length, errors: 1 }));
    expect([lone, kept, odd].map((path) => existsSync(path))).toEqual([false, true, true]);
  });

  it('a result without metadata stays', async () => {
    const root = directory();
    const path = file(resultPath(join(root, 'a')), 'x', 10_000);
    expect((await clean({ root })).counts).toEqual(counted({ checked: 1 }));
    expect(existsSync(path)).toBe(true);
  });

  it('directories called like results or metadata are looked into and stay', async () => {
    const root = directory();
    const within = pair(join(root, 'a.result.json.lz4', 'x'));
    const beside = file(metadataPath(join(root, 'a')), expired);
    const other = file(resultPath(join(root, 'b')));
    const below = pair(join(root, 'b.metadata.json', 'y'));
    const alone = pair(join(root, 'c.metadata.json', 'z'));
    const { counts, notes } = await clean({ root });
    expect([within, below, alone].map(standing)).toEqual(['none', 'none', 'none']);
    expect([existsSync(beside), existsSync(other)]).toEqual([true, true]);
    // The directory a, the files b and x to z.
    expect(counts).toMatchObject({ checked: 5, deleted: 3, errors: 1 });
    expect(notes).toEqual([['unreadable', join(root, 'b.metadata.json')]]);
  });

  it('pipes in the place of either do not hold it up', async () => {
    const root = directory();
    file(resultPath(join(root, 'a')));
    execFileSync('mkfifo', [metadataPath(join(root, 'a')), resultPath(join(root, 'b'))]);
    file(metadataPath(join(root, 'b')), expired);
    const { counts } = await clean({ root });
    expect(counts).toEqual(counted({ checked: 2, errors: 1 }));
    expect(readdirSync(root)).toHaveLength(4);
  });

  it('hard links: this name goes, the other one stays', async () => {
    const [root, outside] = [directory(), directory()];
    const files = pair(join(root, 'a'));
    linkSync(files.result, join(outside, 'kept'));
    expect((await clean({ root })).counts.deleted).toBe(1);
    expect(readdirSync(outside)).toEqual(['kept']);
  });

  it('a dry run tells the same and changes nothing', async () => {
    const root = directory();
    for (let n = 0; n < 200; n += 1)
      pair(join(root, `session ${n % 7}`, `${n}`), n % 3 === 0 ? future() : past());
    pair(join(root, 'wrong'), 'soon');
    file(metadataPath(join(root, 'lone')), expired);
    symlinkSync('/etc', resultPath(join(root, 'link')));
    const before = snapshot(root);
    const dry = await clean({ root, dryRun: true });
    expect(snapshot(root)).toEqual(before);
    expect(await clean({ root })).toEqual(dry);
    expect(dry.counts).toMatchObject({ deleted: 133, errors: 1, checked: 202 });
    expect((await clean({ root })).counts).toMatchObject({ deleted: 0, freedBytes: 0, checked: 69 });
  });
});

describe('symbolic links', () => {
  it.each(CLEANERS)('that lead out are skipped and told of, %s', async (_name, clean) => {
    const [root, outside] = [directory(), directory()];
    const foreign = pair(join(outside, 'x'));
    const before = snapshot(outside);
    // The result, the metadata, both; to a file beside the directory whose name begins like its own; to nothing.
    symlinkSync(foreign.result, resultPath(join(root, 'a')));
    file(metadataPath(join(root, 'a')), '{"expires_at":1}');
    file(resultPath(join(root, 'b')));
    symlinkSync(foreign.metadata, metadataPath(join(root, 'b')));
    symlinkSync(foreign.result, resultPath(join(root, 'c')));
    symlinkSync(foreign.metadata, metadataPath(join(root, 'c')));
    const beside = pair(`${root}-beside/x`);
    onTestFinished(() => {
      rmSync(`${root}-beside`, { recursive: true });
    });
    symlinkSync(beside.result, resultPath(join(root, 'd')));
    symlinkSync(join(root, 'nothing'), resultPath(join(root, 'e')));
    symlinkSync(foreign.metadata, metadataPath(join(root, 'f')));
    symlinkSync(outside, join(root, 'directory'));
    symlinkSync(outside, resultPath(join(root, 'g')));
    const inRoot = snapshot(root);
    const { counts, notes } = await clean({ root });
    expect(counts).toEqual(counted({ checked: 6 }));
    expect([snapshot(root), snapshot(outside), standing(beside)]).toEqual([inRoot, before, 'both']);
    const told = ['a.result.json.lz4', 'b.metadata.json', 'c.result.json.lz4', 'd.result.json.lz4'];
    const all = [...told, 'e.result.json.lz4', 'f.metadata.json', 'g.result.json.lz4'];
    expect(notes).toEqual(all.map((name) => ['outside', join(root, name)]));
  });

  it.each(CLEANERS)(
    'that stay within: the link goes, what it leads to has its own rule, %s',
    async (_name, clean) => {
      const root = directory();
      const real = pair(join(root, 'store', 'x'), future());
      symlinkSync(real.result, resultPath(join(root, 'a')));
      file(metadataPath(join(root, 'a')), '{"expires_at":1}');
      // Relative, and its metadata is a link as well.
      file(join(root, 'old.json'), '{"expires_at":1}');
      symlinkSync('store/x.result.json.lz4', resultPath(join(root, 'b')));
      symlinkSync('old.json', metadataPath(join(root, 'b')));
      symlinkSync('store', resultPath(join(root, 'c')));
      symlinkSync('store', join(root, 'again'));
      const { counts, notes } = await clean({ root });
      expect(counts).toMatchObject({ checked: 4, deleted: 2, errors: 0 });
      expect(notes).toEqual([]);
      expect(standing(real)).toBe('both');
      expect(readdirSync(root).toSorted()).toEqual(['again', 'c.result.json.lz4', 'old.json', 'store']);
    },
  );

  it.each(CLEANERS)('above the directory do not matter once it is resolved, %s', async (_name, clean) => {
    const [root, elsewhere] = [directory(), directory()];
    const files = pair(join(root, 'results', 'x'));
    symlinkSync(root, join(elsewhere, 'link'));
    // What the pass is given is resolved; the link itself would be a mistake, and nothing is cleaned through it.
    expect((await clean({ root: join(elsewhere, 'link') })).counts.deleted).toBe(0);
    expect((await clean({ root })).counts.deleted).toBe(1);
    expect(standing(files)).toBe('none');
  });
});

describe('a name that is no UTF-8', () => {
  it.each(CLEANERS)('is a name like any other, %s', async (_name, clean) => {
    const root = directory();
    const bytes = (text: string) => Buffer.from(text, 'latin1');
    mkdirSync(bytes(`${root}/s\u00ff`));
    for (const stem of [`${root}/s\u00ff/a\u00fe`, `${root}/b\u00fd`]) {
      writeFileSync(bytes(resultPath(stem)), 'x');
      writeFileSync(bytes(metadataPath(stem)), '{"expires_at":1}');
    }
    expect((await clean({ root })).counts).toMatchObject({ checked: 2, deleted: 2, errors: 0 });
    expect(readdirSync(root)).toHaveLength(1);
  });
});

it.each([
  ['Pacific/Kiritimati', 1],
  ['Etc/GMT+12', 0],
])('a time without a zone is one of %s, where TZ says so in a file of settings', (zone, deleted) => {
  const root = directory();
  // In an hour by the clock of Greenwich: thirteen hours ago in the one zone, in thirteen hours in the other.
  pair(join(root, 'x'), new Date(Date.now() + 3_600_000).toISOString().replace('Z', ''));
  const script = join(import.meta.dirname, 'clean-in-zone.ts');
  const env = { ...scrubbedEnv(), TZ: 'UTC' };
  const printed = execFileSync(process.execPath, [script, root, zone], { env, encoding: 'utf8' });
  expect(JSON.parse(printed)).toMatchObject({ checked: 1, deleted, errors: 0 });
});

it('directories too deep to be looked into are an error, and the rest goes on', async () => {
  const root = directory();
  const deep = join(root, ...Array.from({ length: 128 }, () => 'd'));
  const [last, below] = [pair(join(deep, 'x')), pair(join(deep, 'd', 'x'))];
  for (const clean of [here(), inThreads, byPath()]) {
    const { counts, notes } = await clean({ root });
    expect(counts.errors).toBe(1);
    expect(notes).toEqual([['too_deep', join(deep, 'd')]]);
  }
  expect([standing(last), standing(below)]).toEqual(['none', 'both']);
});

it('a hundred mistakes of a kind are counted, a handful told', async () => {
  const root = directory();
  for (let n = 0; n < 100; n += 1) pair(join(root, `${n}`), 'soon');
  const { counts, notes } = await inThreads({ root });
  expect(counts.errors).toBe(100);
  expect(notes.length).toBeGreaterThan(0);
  // Of each of four threads.
  expect(notes.length).toBeLessThanOrEqual(80);
});

it('metadata is read and never changed', async () => {
  const root = directory();
  const { metadata } = pair(join(root, 'x'), future());
  const before = readFileSync(metadata, 'utf8');
  await inThreads({ root });
  expect(readFileSync(metadata, 'utf8')).toBe(before);
});
