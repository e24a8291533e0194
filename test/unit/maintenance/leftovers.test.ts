/** What is left behind by interrupted writers and runs, and goes by its age where that is wanted. */
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLEANERS, counted, here } from './passes.ts';
import {
  age,
  ageAll,
  directory,
  file,
  future,
  metadataPath,
  pair,
  resultPath,
  snapshot,
  standing,
} from './tree.ts';

const HOURS = 24;
const [OLD, YOUNG] = [24.01, 23.99];
const LIVE = () => JSON.stringify({ expires_at: future() });

/** One of each kind in a directory. */
function leftovers(session: string, hours: number): readonly string[] {
  return [
    file(resultPath(join(session, 'alone')), 'x', hours),
    file(metadataPath(join(session, 'alone too')), LIVE(), hours),
    file(metadataPath(join(session, 'not json')), 'x', hours),
    file(`${resultPath(join(session, 'unfinished'))}.tmp`, 'x', hours),
    file(`${metadataPath(join(session, 'unfinished'))}.tmp`, 'x', hours),
  ];
}

describe.each(CLEANERS)('leftovers, %s', (_name, clean) => {
  it('stay where they are not to be deleted, however old', async () => {
    const root = directory();
    leftovers(join(root, 'a'), 100_000);
    const before = snapshot(root);
    // The metadata that is no JSON is an error.
    expect((await clean({ root })).counts).toEqual(counted({ checked: 1, errors: 1 }));
    expect(snapshot(root)).toEqual(before);
  });

  it('go when they are older than that, and are counted apart', async () => {
    const root = directory();
    const [old, young] = [leftovers(join(root, 'old'), OLD), leftovers(join(root, 'young'), YOUNG)];
    const kept = [pair(join(root, 'old', 'kept'), future()), pair(join(root, 'old', 'none'), null)];
    for (const { result, metadata } of kept) for (const path of [result, metadata]) age(path, OLD);
    const expired = pair(join(root, 'old', 'expired'));
    const { counts } = await clean({ root, leftoverHours: HOURS });
    expect(old.filter((path) => existsSync(path))).toEqual([]);
    expect(young.filter((path) => !existsSync(path))).toEqual([]);
    expect(kept.map(standing)).toEqual(['both', 'both']);
    expect(counts).toEqual({ checked: 5, deleted: 1, freedBytes: expired.bytes, errors: 1, leftovers: 5 });
  });

  it('nothing but files of these names', async () => {
    const root = directory();
    for (const name of ['x.tmp', 'x.json', 'x.result.json.lz4.tmp.bak', '.tmp'])
      file(join(root, 'a', name), 'x', OLD);
    mkdirSync(join(root, 'b', 'x.result.json.lz4.tmp', 'full'), { recursive: true });
    file(join(root, 'b', 'x.result.json.lz4.tmp', 'full', 'y'));
    symlinkSync(file(join(root, 'c', 'target')), resultPath(join(root, 'c', 'link')));
    const before = snapshot(root);
    const { counts } = await clean({ root, leftoverHours: 0.000001 });
    expect(counts).toEqual(counted({ checked: 1 }));
    expect(snapshot(root)).toEqual(before);
  });

  it('take the old directories along that they leave empty, and never the resolved one', async () => {
    const root = directory();
    leftovers(join(root, 'a', 'b', 'c'), OLD);
    pair(join(root, 'd', 'expired'));
    leftovers(join(root, 'e'), OLD);
    const kept = file(join(root, 'e', 'other'));
    leftovers(root, OLD);
    ageAll(root, OLD);
    const { counts } = await clean({ root, leftoverHours: HOURS });
    expect(readdirSync(root)).toEqual(['e']);
    expect(existsSync(kept)).toBe(true);
    // Five of each kind in three places, the directories a, b, c and d.
    expect(counts).toMatchObject({ leftovers: 15 + 4, deleted: 1, errors: 0 });
  });

  it('directories go by their age alone, whether this run leaves them empty or an earlier one has', async () => {
    const root = directory();
    for (const name of ['new', 'old', 'young']) mkdirSync(join(root, name));
    for (const name of ['live', 'young live', 'dead']) pair(join(root, name, 'inner', 'x'));
    pair(join(root, 'used', 'x'));
    for (const name of ['old', 'dead']) ageAll(join(root, name), OLD);
    for (const name of ['young', 'young live']) ageAll(join(root, name), YOUNG);
    const young = ['live', 'live/inner', 'new', 'used', 'young', 'young live', 'young live/inner'];
    const { counts } = await clean({ root, leftoverHours: HOURS });
    expect(readdirSync(root, { recursive: true }).toSorted()).toEqual(young);
    expect(counts).toMatchObject({ deleted: 4, leftovers: 3, errors: 0 });
    // An interrupted run may have emptied them just as well.
    expect((await clean({ root, leftoverHours: HOURS })).counts).toEqual(counted({}));
    ageAll(root, OLD);
    expect((await clean({ root, leftoverHours: HOURS })).counts).toEqual(counted({ leftovers: 7 }));
    expect(readdirSync(root)).toEqual([]);
  });

  it('a dry run tells the same and changes nothing', async () => {
    const root = directory();
    leftovers(join(root, 'a', 'b'), OLD);
    leftovers(join(root, 'c'), YOUNG);
    pair(join(root, 'd', 'e', 'expired'));
    mkdirSync(join(root, 'f'));
    for (const name of ['a', 'd', 'f']) ageAll(join(root, name), OLD);
    const before = snapshot(root);
    const dry = await clean({ root, leftoverHours: HOURS, dryRun: true });
    expect(snapshot(root)).toEqual(before);
    expect(await clean({ root, leftoverHours: HOURS })).toEqual(dry);
    expect(dry.counts).toMatchObject({ leftovers: 5 + 5, deleted: 1 });
  });

  it('many in one directory, and many directories', async () => {
    const root = directory();
    for (let n = 0; n < 1_200; n += 1) file(resultPath(join(root, 'flat', `${n}`)), 'x', OLD);
    for (let n = 0; n < 300; n += 1) file(resultPath(join(root, `session ${n}`, 'x')), 'x');
    ageAll(root, OLD);
    const { counts } = await clean({ root, leftoverHours: HOURS });
    expect(counts).toEqual(counted({ checked: 1_500, leftovers: 1_500 + 301 }));
    expect(readdirSync(root)).toEqual([]);
  });
});

it('a directory that is used again meanwhile stays, and is no error', async () => {
  const root = directory();
  const session = join(root, 'a');
  leftovers(session, OLD);
  ageAll(session, OLD);
  const clean = here((step) => {
    if (step === 'directory') pair(join(session, 'new'), future());
  });
  const { counts, notes } = await clean({ root, leftoverHours: HOURS });
  expect(counts).toMatchObject({ leftovers: 5, errors: 0 });
  expect(notes).toEqual([]);
  expect(readdirSync(session)).toHaveLength(2);
});
