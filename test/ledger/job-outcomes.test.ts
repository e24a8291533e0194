/** What is written down of jobs that have ended. */
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../domain/errors.ts';
import type { Ledger } from '../../ledger/index.ts';
import { jobOutcomes } from '../../ledger/queries/job-outcomes.ts';
import { recorded } from '../../maintenance/index.ts';
import { openResults, type ResultsBench } from './results-kit.ts';

describe('outcomes of jobs', () => {
  const never = new AbortController().signal;
  const of = async (bench: ResultsBench, job: string) =>
    (await jobOutcomes(bench.ledger)).filter((outcome) => outcome.job === job);

  it('keep the last real and the last dry run, and when it last went well', async () => {
    const bench = await openResults();
    const job = 'keeps';
    const run = { job, dryRun: false, signal: never };
    expect(await recorded(bench.ledger, run, () => Promise.resolve({ deleted: 1 }))).toEqual({ deleted: 1 });
    const [first] = await of(bench, job);
    expect(first).toMatchObject({ job, dryRun: false, result: { deleted: 1 }, error: null });
    expect(first?.lastSuccessAt).toBe(first?.finishedAt);
    expect(Date.parse(first?.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.startedAt ?? ''));
    const failing = recorded(bench.ledger, run, () => Promise.reject(new Error('no\nluck: password=secret')));
    await expect(failing).rejects.toThrow('no\nluck');
    await recorded(bench.ledger, { ...run, dryRun: true }, () => Promise.resolve({ deleted: 7 }));
    const [real, dry, ...more] = await of(bench, job);
    expect(more).toEqual([]);
    expect(real).toMatchObject({
      result: null,
      error: 'no luck: [hidden]',
      lastSuccessAt: first?.lastSuccessAt,
    });
    expect(dry).toMatchObject({ dryRun: true, result: { deleted: 7 } });
  });

  it('wait for a ledger that is away: what was done is not done, nor told, a second time', async () => {
    const bench = await openResults();
    let [times, refused] = [0, 0];
    const away: Ledger = {
      ...bench.ledger,
      rows: (statement, values) => {
        if (statement.name !== 'job-record' || refused === 2) return bench.ledger.rows(statement, values);
        refused += 1;
        return Promise.reject(new ServiceError('LEDGER_UNAVAILABLE'));
      },
    };
    const told: unknown[] = [];
    const run = { job: 'patient', dryRun: false, signal: never, onEnded: (one: object) => told.push(one) };
    const result = await recorded(away, run, () => Promise.resolve({ times: (times += 1) }));
    expect([result, refused, times]).toEqual([{ times: 1 }, 2, 1]);
    expect(told).toMatchObject([{ job: 'patient', succeeded: true }]);
    expect(await of(bench, 'patient')).toMatchObject([{ result: { times: 1 } }]);
  });

  it('say nothing of a run that was asked to stop', async () => {
    const bench = await openResults();
    const run = { job: 'stopped', dryRun: false, signal: AbortSignal.abort() };
    await expect(recorded(bench.ledger, run, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await of(bench, 'stopped')).toEqual([]);
  });
});
