/** What the keeper adds to the jobs: an outcome in the ledger, a count in the metrics, a reason where a job is off. */
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { jobOutcomes } from '../../ledger/queries/job-outcomes.ts';
import { createJobKeeper, maintenanceSettings, type JobEnded } from '../../maintenance/index.ts';
import { directory, pair, past } from '../unit/maintenance/tree.ts';
import { openResults } from './results-kit.ts';
import { join } from 'node:path';
import { loadConfig } from '../../config/index.ts';

const context = () => ({ signal: new AbortController().signal, heartbeat: () => undefined });

async function keeperOf(settings: Readonly<Record<string, string>>) {
  const { ledger } = await openResults();
  const ended: JobEnded[] = [];
  const jobs = createJobKeeper({
    ledger,
    settings: maintenanceSettings(loadConfig(settings, { dotenvPath: false })),
    log: pino({ level: 'silent' }),
    meter: { ended: (run) => void ended.push(run) },
  });
  return { jobs, ended, ledger };
}

it('a run of results that has ended is answered again, and counted once', async () => {
  const RESULTS_DIR = directory();
  pair(join(RESULTS_DIR, 'old'), past());
  const { jobs, ended, ledger } = await keeperOf({ RESULTS_DIR });
  const run = { runId: 'the-run', dryRun: false };
  const first = await jobs.cleanResults(run, context());
  expect(await jobs.cleanResults(run, context())).toEqual(first);
  expect(first).toMatchObject({ deleted_count: 1 });
  expect(ended).toMatchObject([{ job: 'results-cleanup', dryRun: false, succeeded: true, result: first }]);
  const outcome = (await jobOutcomes(ledger)).find(({ job }) => job === 'results-cleanup');
  expect(outcome).toMatchObject({ succeeded: true, result: first });
});

it('a job with nothing configured says which setting it wants, and has no outcome', async () => {
  const { jobs, ended } = await keeperOf({});
  const off = async (running: Promise<unknown>) => expect(running).rejects.toMatchObject({ code: 'JOB_OFF' });
  await off(jobs.cleanResults({ runId: 'none', dryRun: true }, context()));
  await off(jobs.cleanAgedFiles({ dryRun: true }, context()));
  await off(jobs.cleanConversations({ dryRun: true }, { ...context(), progress: undefined }));
  expect(ended).toEqual([]);
});

it('a database that fails is a failure with a result', async () => {
  const { jobs, ended } = await keeperOf({ CHECKPOINT_DATABASE: 'postgres://nobody@127.0.0.1:1/none' });
  const result = await jobs.cleanConversations({ dryRun: false }, { ...context(), progress: undefined });
  expect(result).toMatchObject({ errors: ['Database error'], sessions_deleted: 0 });
  expect(ended).toMatchObject([{ job: 'conversations-cleanup', succeeded: false, result }]);
});
