/** What the gauges show of the jobs, as the ledger has it. */
import { expect, it } from 'vitest';
import { recordJob } from '../../ledger/queries/job-record.ts';
import { createJobsReader, maintenanceSettings } from '../../maintenance/index.ts';
import { createDatabase } from '../support/databases.ts';
import { directory } from '../unit/maintenance/tree.ts';
import { ledgerOn } from './kit.ts';
import { expiredPairs, openResults } from './results-kit.ts';

const CONFIG = {
  ...{ RESULTS_LEFTOVER_HOURS: 0, CONVERSATION_RETENTION_DAYS: 7, CONVERSATION_STRATEGY: 'delete' },
  ...{ CONVERSATION_KEEP: [], BACKUP_KEEP: 7, AGED_FILES_GLOB: '*.mp3', AGED_FILES_MAX_HOURS: 24 },
};
const NOTHING = { conversations: undefined, backups: {}, results: undefined };

const cleaned = (remaining: number, deleted: number, dryRun: boolean) => ({
  ...{ sessions_deleted: deleted, checkpoints_deleted: 0, sessions_remaining: remaining },
  ...{ errors: [], dry_run: dryRun },
});

it('nothing of an installation in which no job has run, but the jobs that are on', async () => {
  const ledger = ledgerOn(await createDatabase('jobs-reading'));
  const settings = maintenanceSettings({ ...CONFIG, DATA_DIR: directory() });
  const periods = () => Promise.resolve({ backups: 86_400 });
  const { jobs, ...rest } = await createJobsReader({ ledger, settings, periods })();
  expect(rest).toEqual(NOTHING);
  expect(jobs.map(({ name }) => name)).toEqual([
    ...['prune-history', 'sweep', 'files-retention', 'results-cleanup', 'aged-files-cleanup'],
    ...['conversations-cleanup', 'backups', 'files-orphans-cleanup'],
  ]);
  expect(
    jobs.filter((job) => Object.values(job).some((value) => typeof value !== 'string' && value)),
  ).toEqual([{ name: 'backups', everySeconds: 86_400 }]);
});

it('how each job went, what is stored, and what cached results came to ever', async () => {
  const bench = await openResults();
  const { ledger, root } = bench;
  const settings = maintenanceSettings({
    ...{
      ...CONFIG,
      DATA_DIR: directory(),
      RESULTS_DIR: root,
      CHECKPOINT_DATABASE: 'sqlite:/nowhere/memory.db',
    },
  });
  const read = createJobsReader({ ledger, settings, periods: () => Promise.resolve({}) });
  const record = (job: string, dryRun: boolean, ending: Parameters<typeof recordJob>[1]['ending']) =>
    recordJob(ledger, { job, dryRun, tookMs: 1_500, ending });
  const bytes = expiredPairs(root, 3);
  await bench.run();
  const before = Date.now();
  await record('sweep', false, { result: {}, succeeded: true });
  await record('backups', false, { result: { backups: [] }, succeeded: true });
  await record('backups', false, {
    result: {
      backups: [
        { filename: 'ledger_backup_20260102_030405_006.tar.gz', size_bytes: 77 },
        { filename: 'something else', size_bytes: 5 },
      ],
    },
    succeeded: false,
  });
  await record('conversations-cleanup', false, { result: cleaned(12, 5, false), succeeded: true });
  await record('aged-files-cleanup', false, { error: 'no' });
  await record('aged-files-cleanup', true, { result: {}, succeeded: true });

  const { jobs, ...rest } = await read();
  expect(rest).toEqual({
    ...{ conversations: 12, backups: { ledger: 77 } },
    results: { cleanups: 1, deleted: 3, freedBytes: bytes, errors: 0 },
  });
  const by = new Map(jobs.map((job) => [job.name, job]));
  const lastRun = (failed: boolean) => ({ tookMs: expect.closeTo(1_500, -2), failed });
  const recently = expect.toSatisfy((ms: number) => Math.abs(ms - before) < 60_000);
  expect(by.get('sweep')).toMatchObject({ lastSuccessMs: recently, lastRun: lastRun(false) });
  // The last one failed, the one before it did not.
  expect(by.get('backups')).toMatchObject({ lastSuccessMs: recently, lastRun: lastRun(true) });
  // Dry runs do not count.
  expect(by.get('aged-files-cleanup')).toMatchObject({ lastSuccessMs: undefined, lastRun: lastRun(true) });

  await record('conversations-cleanup', true, { result: cleaned(8, 6, true), succeeded: true });
  expect((await read()).conversations).toBe(14);
  await record('conversations-cleanup', false, { result: cleaned(0, 0, false), succeeded: false });
  expect((await read()).conversations).toBe(14);
  await record('conversations-cleanup', false, { result: cleaned(8, 6, false), succeeded: true });
  expect((await read()).conversations).toBe(8);
});
