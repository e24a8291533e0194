/** What is told of a directory where its disk is not. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resultsStats } from '../../maintenance/index.ts';
import { maintenanceSettings } from '../../maintenance/settings.ts';
import { createJobsReader } from '../../maintenance/watch/read-jobs.ts';
import { directory } from '../unit/maintenance/tree.ts';
import { expiredPairs, openResults, type ResultsBench } from './results-kit.ts';

const CONFIG = {
  ...{ RESULTS_LEFTOVER_HOURS: 0, CONVERSATION_RETENTION_DAYS: 7, CONVERSATION_STRATEGY: 'delete' },
  ...{ CONVERSATION_KEEP: [], BACKUP_KEEP: 7, AGED_FILES_GLOB: '*', AGED_FILES_MAX_HOURS: 1 },
};

function hosts(bench: ResultsBench) {
  const { ledger } = bench;
  const link = join(directory(), 'mount');
  const settings = { ...bench.deps.settings, directory: link };
  const configured = maintenanceSettings({ ...CONFIG, DATA_DIR: directory(), RESULTS_DIR: link });
  const read = createJobsReader({ ledger, settings: configured, periods: () => Promise.resolve({}) });
  return {
    /** A run on the host with the disk, where the name leads there. */
    clean: async (target: string) => {
      symlinkSync(target, link);
      await bench.run({ deps: { settings } });
      rmSync(link);
    },
    totals: async () => {
      const stats = await resultsStats(ledger, settings, { running: true, intervalHours: 6 });
      expect(stats.cache_directory).toBe(link);
      expect((await read()).results).toMatchObject({
        ...{ cleanups: stats.total_cleanups, deleted: stats.total_deleted, errors: stats.total_errors },
        freedBytes: stats.total_freed_bytes,
      });
      return stats;
    },
  };
}

it('the totals are found by the name that both hosts call it by, where the last run was', async () => {
  const bench = await openResults();
  const { clean, totals } = hosts(bench);
  expect(await totals()).toMatchObject({ total_cleanups: 0, total_deleted: 0 });
  const [first, second] = [join(bench.root, 'first'), join(bench.root, 'second')];
  for (const path of [first, second]) mkdirSync(path);
  const bytes = expiredPairs(first, 3);
  await clean(first);
  expect(await totals()).toMatchObject({ total_cleanups: 1, total_deleted: 3, total_freed_bytes: bytes });
  // The disk was exchanged.
  expiredPairs(second, 5);
  await clean(second);
  expect(await totals()).toMatchObject({ total_cleanups: 1, total_deleted: 5 });
  await clean(first);
  expect(await totals()).toMatchObject({ total_cleanups: 2, total_deleted: 3 });
});

it('a directory that was cleaned goes before one of that name', async () => {
  const bench = await openResults();
  const { clean, totals } = hosts(bench);
  await clean(bench.root);
  await bench.sql(
    `INSERT INTO results_directory (directory, configured, total_cleanups)
     SELECT configured, 'other', 7 FROM results_directory WHERE directory = $1`,
    [bench.root],
  );
  expect(await totals()).toMatchObject({ total_cleanups: 7 });
});
