/** Runs over cached results as the ledger sees them: one at a time, each counted once, totals that outlive the process. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanDirectory, type Clean } from '../../maintenance/results/clean.ts';
import { resultsStats } from '../../maintenance/index.ts';
import { openLedgerGate } from '../crash/ledger-gate.ts';
import { until } from '../support/until.ts';
import { cleanHere } from '../unit/maintenance/clean-here.ts';
import { pair } from '../unit/maintenance/tree.ts';
import { codeOf, ledgerOn } from './kit.ts';
import { expiredPairs, openResults, type ResultsBench } from './results-kit.ts';

const SCHEDULE = { running: true, intervalHours: 6 };
const totals = async (bench: ResultsBench) => resultsStats(bench.ledger, bench.deps.settings, SCHEDULE);
const rowOf = async (bench: ResultsBench) => {
  const [row] = await bench.sql<Record<string, unknown>>(
    'SELECT * FROM results_directory WHERE directory = $1',
    [bench.root],
  );
  return row;
};

/** Cleans, and stands still before it says so until `release` is called. */
function held(): { readonly clean: Clean; readonly began: Promise<void>; readonly release: () => void } {
  const [began, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const clean: Clean = async (task, options) => {
    const counts = await cleanHere()(task, options);
    began.resolve();
    await Promise.race([
      released.promise,
      new Promise<void>((resolve) => {
        options.signal.addEventListener('abort', () => resolve());
      }),
    ]);
    return counts;
  };
  return { clean, began: began.promise, release: released.resolve };
}

/** As long without a pulse as a run that died. */
const silence = async (bench: ResultsBench) =>
  bench.sql(
    `UPDATE results_directory SET pulse_at = clock_timestamp() - interval '31 s' WHERE directory = $1`,
    [bench.root],
  );

describe('a run', () => {
  it('answers, logs and adds to totals that a restart does not touch', async () => {
    const bench = await openResults();
    const bytes = expiredPairs(bench.root, 30);
    pair(join(bench.root, 'wrong'), 'soon');
    const result = await bench.run();
    expect(result).toEqual({
      ...{
        deleted_count: 30,
        freed_bytes: bytes,
        checked_count: 31,
        errors: 1,
        leftovers_deleted: 0,
        dry_run: false,
      },
      duration_ms: expect.any(Number),
    });
    const lines = bench.logged.filter(({ event }) => event === 'results_cleaned');
    expect(lines).toEqual([expect.objectContaining({ ...result, msg: 'Cleanup completed' })]);
    await bench.run();
    const after = ledgerOn(bench.databaseUrl);
    expect(await resultsStats(after, bench.deps.settings, SCHEDULE)).toEqual({
      ...{ running: true, check_interval_hours: 6, cache_directory: bench.root, total_cleanups: 2 },
      ...{ total_deleted: 30, total_freed_bytes: bytes, total_errors: 2, total_freed_mb: 0 },
    });
    await bench.sql('UPDATE results_directory SET total_freed_bytes = 1572864 + 5243 WHERE directory = $1', [
      bench.root,
    ]);
    expect((await totals(bench)).total_freed_mb).toBe(1.51);
  });

  it('of a directory that is not there counts as one; one that is refused fails', async () => {
    const bench = await openResults();
    const settings = { ...bench.deps.settings, directory: join(bench.root, 'none') };
    const result = await bench.run({ deps: { settings } });
    expect(result).toMatchObject({ deleted_count: 0, freed_bytes: 0, checked_count: 0, errors: 0 });
    expect(await resultsStats(bench.ledger, settings, SCHEDULE)).toMatchObject({
      total_cleanups: 1,
      total_errors: 0,
    });
    const refused = { ...settings, guarded: { home: bench.root, data: '/x' }, directory: bench.root };
    await expect(bench.run({ deps: { settings: refused } })).rejects.toThrow('home directory');
    expect(await resultsStats(bench.ledger, refused, SCHEDULE)).toMatchObject({
      running: false,
      cache_directory: null,
    });
    expect(await resultsStats(bench.ledger, undefined, SCHEDULE)).toMatchObject({
      running: false,
      total_cleanups: 0,
    });
  });

  it('that is dry answers the same, counts in no total, and needs no turn', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 20);
    const dry = await bench.run({ dryRun: true });
    expect(await rowOf(bench)).toBeUndefined();
    const { clean, began, release } = held();
    const real = bench.run({ deps: { clean } });
    await began;
    expect(await bench.run({ dryRun: true })).toMatchObject({ deleted_count: 0 });
    release();
    expect({ ...(await real), duration_ms: 0, dry_run: true }).toEqual({ ...dry, duration_ms: 0 });
    expect(await totals(bench)).toMatchObject({ total_cleanups: 1, total_deleted: 20 });
  });

  it('is refused while another one of the directory is under way, under any of its names', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 10);
    const { clean, began, release } = held();
    const first = bench.run({ deps: { clean } });
    await began;
    const settings = {
      ...bench.deps.settings,
      directory: `${bench.root}/../${bench.root.split('/').at(-1)}/`,
    };
    expect(await codeOf(bench.run({ deps: { settings } }))).toBe('JOB_RUNNING');
    release();
    expect((await first).deleted_count).toBe(10);
    expect((await bench.run({ deps: { settings } })).deleted_count).toBe(0);
    expect(await totals(bench)).toMatchObject({ total_cleanups: 2, total_deleted: 10 });
  });

  it('begins once of many that ask at the same moment', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 40);
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => codeOf(bench.run({ deps: { clean: cleanHere() } }))),
    );
    const done = runs.filter((code) => code === 'OK').length;
    expect(done).toBeGreaterThanOrEqual(1);
    expect(runs.filter((code) => code !== 'OK' && code !== 'JOB_RUNNING')).toEqual([]);
    expect(await totals(bench)).toMatchObject({ total_cleanups: done, total_deleted: 40 });
  });

  it('that has ended answers the same when it is asked for again', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 10);
    const result = await bench.run({ runId: 'again' });
    const clean: Clean = () => Promise.reject(new Error('it was run again'));
    expect(await bench.run({ runId: 'again', deps: { clean } })).toEqual(result);
    expect(await totals(bench)).toMatchObject({ total_cleanups: 1 });
  });

  it('fails where the cleaning fails, and the directory can be had again', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 10);
    const clean: Clean = () => Promise.reject(new Error('out of memory'));
    await expect(bench.run({ runId: 'broken', deps: { clean } })).rejects.toThrow('out of memory');
    expect((await bench.run({ runId: 'broken' })).deleted_count).toBe(10);
    await expect(bench.run({ deps: { clean } })).rejects.toThrow('out of memory');
    expect((await bench.run()).deleted_count).toBe(0);
  });
});

describe('progress', () => {
  it('is in the ledger each second, and in the totals', async () => {
    const bench = await openResults();
    const bytes = expiredPairs(bench.root, 10);
    const { clean, began, release } = held();
    const run = bench.run({ deps: { clean } });
    await began;
    await until(async () => (await rowOf(bench))?.['run_deleted'] === '10', {
      describe: 'the pulse tells of ten',
    });
    expect(await totals(bench)).toMatchObject({
      total_cleanups: 0,
      total_deleted: 10,
      total_freed_bytes: bytes,
    });
    release();
    await run;
    expect(await totals(bench)).toMatchObject({
      total_cleanups: 1,
      total_deleted: 10,
      total_freed_bytes: bytes,
    });
    expect(await rowOf(bench)).toMatchObject({ run_id: null, run_deleted: '0', pulse_at: null });
  });

  it('of a run that was stopped is gone on from under its own id', async () => {
    const bench = await openResults();
    const bytes = expiredPairs(bench.root, 10);
    const stop = new AbortController();
    const { clean, began } = held();
    const stopped = bench.run({ runId: 'one', signal: stop.signal, deps: { clean } });
    await began;
    stop.abort(new Error('the worker shuts down'));
    await expect(stopped).rejects.toThrow('the worker shuts down');
    const more = expiredPairs(bench.root, 5, 'q');
    expect(await bench.run({ runId: 'one' })).toMatchObject({
      ...{ deleted_count: 15, freed_bytes: bytes + more, checked_count: 15, errors: 0 },
    });
    expect(await totals(bench)).toMatchObject({
      total_cleanups: 1,
      total_deleted: 15,
      total_freed_bytes: bytes + more,
    });
  });

  it('of a run that was stopped is in the totals once another one begins', async () => {
    const bench = await openResults();
    const bytes = expiredPairs(bench.root, 10);
    const stop = new AbortController();
    const { clean, began } = held();
    const stopped = bench.run({ signal: stop.signal, deps: { clean } });
    await began;
    stop.abort(new Error('cancelled'));
    await expect(stopped).rejects.toThrow('cancelled');
    expect(await bench.run()).toMatchObject({ deleted_count: 0, checked_count: 0 });
    expect(await totals(bench)).toMatchObject({
      total_cleanups: 1,
      total_deleted: 10,
      total_freed_bytes: bytes,
    });
  });
});

describe('a run that was taken for dead', () => {
  it.each(['one', 'other'])('counts nothing twice when run %s has its place', async (next) => {
    const bench = await openResults();
    const bytes = expiredPairs(bench.root, 10);
    const { clean, began } = held();
    const first = codeOf(bench.run({ runId: 'one', deps: { clean } }));
    await began;
    await until(async () => (await rowOf(bench))?.['run_deleted'] === '10', {
      describe: 'the pulse tells of ten',
    });
    if (next === 'other') expect(await codeOf(bench.run({ runId: next }))).toBe('JOB_RUNNING');
    const second = held();
    await silence(bench);
    const run = bench.run({ runId: next, deps: { clean: second.clean } });
    await second.began;
    // The first learns of it with its next pulse, and ends without an answer of its own.
    expect(await first).toBe('JOB_RUNNING');
    second.release();
    expect(await run).toMatchObject({ deleted_count: next === 'one' ? 10 : 0 });
    expect(await totals(bench)).toMatchObject({
      total_cleanups: 1,
      total_deleted: 10,
      total_freed_bytes: bytes,
    });
  });

  it('and comes to its end between two pulses, does not count either', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 10);
    const clean: Clean = async (task, options) => {
      const counts = await cleanHere()(task, options);
      await silence(bench);
      await bench.run({ runId: 'other' });
      return counts;
    };
    expect(await codeOf(bench.run({ runId: 'one', deps: { clean } }))).toBe('JOB_RUNNING');
    expect(await totals(bench)).toMatchObject({ total_cleanups: 1 });
  });
});

describe('a ledger that goes away', () => {
  async function gated(bench: ResultsBench) {
    const url = new URL(bench.databaseUrl);
    const gate = await openLedgerGate(Number(url.port));
    url.port = String(gate.port);
    const ledger = ledgerOn(url.href, 4);
    return { gate, deps: { ledger, clean: cleanHere() } };
  }

  it.each(['request', 'answer'] as const)(
    'with the %s of the last statement: the run is counted once',
    async (side) => {
      const bench = await openResults();
      expiredPairs(bench.root, 10);
      const { gate, deps } = await gated(bench);
      const exchange = gate.hold('results-finish', side);
      const run = bench.run({ deps });
      await exchange.hit();
      exchange.letGo('drop');
      expect(await run).toMatchObject({ deleted_count: 10 });
      gate.close();
      expect(await totals(bench)).toMatchObject({ total_cleanups: 1, total_deleted: 10 });
    },
  );

  it('before the first: nothing is deleted', async () => {
    const bench = await openResults();
    expiredPairs(bench.root, 10);
    const { gate, deps } = await gated(bench);
    const exchange = gate.hold('results-begin', 'request');
    const run = codeOf(bench.run({ deps }));
    await exchange.hit();
    exchange.letGo('drop');
    expect(await run).toBe('LEDGER_UNAVAILABLE');
    gate.close();
    expect((await bench.run({ deps: { clean: cleanDirectory } })).deleted_count).toBe(10);
  });
});
