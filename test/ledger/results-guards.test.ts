/** The statements that two runs over one directory race for, with the other side held open. */
import { beforeEach, describe, expect, it } from 'vitest';
import { beginResultsRun } from '../../ledger/queries/results-begin.ts';
import { finishResultsRun } from '../../ledger/queries/results-finish.ts';
import { leaveResultsRun, pulseResultsRun } from '../../ledger/queries/results-progress.ts';
import { resultsTotals } from '../../ledger/queries/results-totals.ts';
import type { Db } from '../../ledger/index.ts';
import { meet, openArena, type Arena } from './two-sides.ts';

const SILENT_MS = 30_000;
const directory = '/results';
const PROGRESS = { deleted: 3, freedBytes: 30, leftovers: 1, ms: 5 };
const OUTCOME = { deleted_count: 4, freed_bytes: 40, errors: 1 };

let arena: Arena;
beforeEach(async () => {
  arena = await openArena();
  await arena.sql('DELETE FROM results_directory');
});

const begin = async (db: Db, runId: string) =>
  beginResultsRun(db, { directory, configured: '~/results', runId, silentMs: SILENT_MS });

async function begun(runId: string): Promise<{ readonly directory: string; readonly token: string }> {
  const beginning = await begin(arena.ledger, runId);
  if (beginning.kind !== 'begun') throw new Error(`the run was ${beginning.kind}`);
  return { directory, token: beginning.token };
}

const silence = async () =>
  arena.sql(`UPDATE results_directory SET pulse_at = clock_timestamp() - interval '31 s'`);

describe('two that begin', () => {
  it.each([
    ['COMMIT', 'busy'],
    ['ROLLBACK', 'begun'],
  ] as const)('the first run of a directory: %s of the one makes the other %s', async (end, kind) => {
    const { value } = await meet(arena, {
      a: (db) => begin(db, 'a'),
      b: () => begin(arena.ledger, 'b'),
      end,
    });
    expect(value.kind).toBe(kind);
  });

  it.each([
    ['COMMIT', 'busy'],
    ['ROLLBACK', 'begun'],
  ] as const)('in the place of a dead one: %s of the one makes the other %s', async (end, kind) => {
    await begun('dead');
    await silence();
    const { value } = await meet(arena, {
      a: (db) => begin(db, 'a'),
      b: () => begin(arena.ledger, 'b'),
      end,
    });
    expect(value.kind).toBe(kind);
  });

  it('a pulse that comes meanwhile keeps the run', async () => {
    const attempt = await begun('alive');
    await silence();
    const a = (db: Db) => pulseResultsRun(db, attempt, PROGRESS);
    const { value } = await meet(arena, { a, b: () => begin(arena.ledger, 'b'), end: 'COMMIT' });
    expect(value.kind).toBe('busy');
  });

  it('a run that ends meanwhile makes room', async () => {
    const attempt = await begun('ending');
    const a = (db: Db) => finishResultsRun(db, attempt, OUTCOME);
    const { value } = await meet(arena, { a, b: () => begin(arena.ledger, 'b'), end: 'COMMIT' });
    expect(value.kind).toBe('begun');
    expect(await resultsTotals(arena.ledger, directory)).toEqual({
      ...{ cleanups: 1, deleted: 4, freedBytes: 40, errors: 1 },
    });
  });

  it('a run that ends meanwhile is not run again under its own id', async () => {
    const attempt = await begun('ending');
    const a = (db: Db) => finishResultsRun(db, attempt, OUTCOME);
    const { value } = await meet(arena, { a, b: () => begin(arena.ledger, 'ending'), end: 'COMMIT' });
    expect(value).toEqual({ kind: 'ended', result: OUTCOME });
  });
});

describe('a run whose place was taken', () => {
  it.each([
    [
      'pulses',
      async (token: string): Promise<boolean> =>
        pulseResultsRun(arena.ledger, { directory, token }, PROGRESS),
    ],
    [
      'ends',
      async (token: string): Promise<boolean> =>
        finishResultsRun(arena.ledger, { directory, token }, OUTCOME),
    ],
    [
      'is left',
      async (token: string): Promise<boolean> => {
        await leaveResultsRun(arena.ledger, { directory, token }, PROGRESS);
        return false;
      },
    ],
  ] as const)('changes nothing when it %s', async (_what, late) => {
    const { token } = await begun('slow');
    await silence();
    const { value } = await meet(arena, {
      a: (db) => begin(db, 'next'),
      b: () => late(token),
      end: 'COMMIT',
    });
    expect(value).toBe(false);
    const [row] = await arena.sql('SELECT * FROM results_directory');
    expect(row).toMatchObject({ run_id: 'next', run_deleted: '0', total_deleted: '0', total_cleanups: '0' });
  });

  it('by an attempt of its own: what was told goes on, and the older attempt is out', async () => {
    const first = await begun('one');
    await pulseResultsRun(arena.ledger, first, PROGRESS);
    const second = await begin(arena.ledger, 'one');
    expect(second).toMatchObject({ kind: 'begun', before: PROGRESS });
    expect(await pulseResultsRun(arena.ledger, first, { ...PROGRESS, deleted: 9 })).toBe(false);
    expect(await finishResultsRun(arena.ledger, first, OUTCOME)).toBe(false);
    expect((await resultsTotals(arena.ledger, directory)).deleted).toBe(3);
  });
});

it('a run that was left can be gone on with, or another one begun, at once', async () => {
  const left = await begun('left');
  await leaveResultsRun(arena.ledger, left, PROGRESS);
  expect(await pulseResultsRun(arena.ledger, left, PROGRESS)).toBe(false);
  const [again] = [await begin(arena.ledger, 'left')];
  expect(again).toMatchObject({ kind: 'begun', before: PROGRESS });
  if (again.kind === 'begun')
    await leaveResultsRun(arena.ledger, { directory, token: again.token }, PROGRESS);
  expect(await begin(arena.ledger, 'other')).toMatchObject({
    kind: 'begun',
    before: { deleted: 0, freedBytes: 0 },
  });
  expect(await resultsTotals(arena.ledger, directory)).toMatchObject({
    deleted: 3,
    freedBytes: 30,
    cleanups: 0,
  });
});

it('directories have nothing to do with one another', async () => {
  await begun('a');
  const other = await beginResultsRun(arena.ledger, {
    ...{ directory: '/other', configured: '/other', runId: 'b', silentMs: SILENT_MS },
  });
  expect(other.kind).toBe('begun');
});
