/** A run over cached results that is killed in the middle: the next one finishes what it left half done. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resultsTotals } from '../../ledger/queries/results-totals.ts';
import { until } from '../support/until.ts';
import {
  ageAll,
  file,
  future,
  metadataPath,
  pair,
  resultPath,
  standing,
  type PairFiles,
} from '../unit/maintenance/tree.ts';
import { killedAt, type Hold } from './results-crash-kit.ts';
import { openResults } from './results-kit.ts';

interface Tree {
  readonly expired: readonly PairFiles[];
  readonly kept: PairFiles;
}

/** Expired pairs in two sessions, one that is kept, leftovers, and a session that is left empty: all of it old. */
function grow(root: string): Tree {
  const expired = ['a', 'b', 'c/d'].map((name) => pair(join(root, name, 'expired')));
  file(resultPath(join(root, 'e', 'alone')), 'x', 2);
  file(`${metadataPath(join(root, 'f', 'unfinished'))}.tmp`, 'x', 2);
  const kept = pair(join(root, 'a', 'kept'), future());
  ageAll(root, 2);
  return { expired, kept };
}

const KEPT = ['kept.metadata.json', 'kept.result.json.lz4'];

const STEPS: readonly Hold[] = [
  { at: 'begun' },
  { at: 'enter', nth: 2 },
  { at: 'result', nth: 1 },
  { at: 'metadata', nth: 1 },
  { at: 'result', nth: 3 },
  { at: 'metadata', nth: 3 },
  { at: 'leftover', nth: 2 },
  { at: 'directory', nth: 1 },
  { at: 'directory', nth: 5 },
  { at: 'cleaned' },
  { at: 'answered' },
];

describe.each(STEPS)('killed at $at $nth', (hold) => {
  it('leaves whole pairs, or expired metadata alone, and the next run does the rest', async () => {
    const bench = await openResults(1);
    const { root, databaseUrl } = bench;
    const { expired, kept } = grow(root);
    expect(await killedAt({ databaseUrl, root, runId: 'killed' }, hold)).toBe(true);
    expect(expired.map(standing).filter((state) => state === 'result')).toEqual([]);
    expect(standing(kept)).toBe('both');
    // Tried again at once, as an activity is; the next scheduled run would have to wait until the dead one is silent.
    const whole = expired.filter((one) => standing(one) === 'both').length;
    const result = await bench.run({ runId: 'killed' });
    expect(result.errors).toBe(0);
    const here = readdirSync(root, { recursive: true, withFileTypes: true });
    expect(here.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(KEPT);
    // What the dead one has emptied is not old yet.
    const directories = here.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(directories.filter((name) => name !== 'a').length).toBeLessThanOrEqual(2);
    const totals = await resultsTotals(bench.ledger, root);
    expect([totals.cleanups, totals.errors]).toEqual([1, 0]);
    // Where the answer alone was lost it is told again; before that, what was not told of is not counted.
    expect(result.deleted_count).toBe(hold.at === 'answered' ? 3 : whole);
    expect(totals.deleted).toBe(result.deleted_count);
    ageAll(root, 2);
    expect((await bench.run()).deleted_count).toBe(0);
    expect(readdirSync(root)).toEqual(['a']);
    expect(readdirSync(join(root, 'a')).toSorted()).toEqual(KEPT);
  });
});

it('what it had told of before it was killed is counted once, whoever goes on', async () => {
  for (const runId of ['killed', 'next']) {
    const bench = await openResults(1);
    const { root, databaseUrl } = bench;
    const { expired } = grow(root);
    const bytes = expired.reduce((sum, one) => sum + one.bytes, 0);
    const told = async (): Promise<boolean> => (await resultsTotals(bench.ledger, root)).deleted === 3;
    const before = () => until(told, { describe: 'the child has told of its deletions' });
    expect(await killedAt({ databaseUrl, root, runId: 'killed' }, { at: 'beating' }, before)).toBe(true);
    await bench.sql(
      `UPDATE results_directory SET pulse_at = pulse_at - interval '31 s' WHERE directory = $1`,
      [root],
    );
    const result = await bench.run({ runId });
    expect(result).toMatchObject({
      deleted_count: runId === 'killed' ? 3 : 0,
      leftovers_deleted: runId === 'killed' ? 7 : 0,
    });
    const totals = await resultsTotals(bench.ledger, root);
    expect(totals).toEqual({ cleanups: 1, deleted: 3, freedBytes: bytes, errors: 0 });
  }
});
