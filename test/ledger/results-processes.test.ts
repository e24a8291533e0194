/** Processes that clean one directory, as two workers on one disk do. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Part } from '../../dev/processes/part.ts';
import { resultsTotals } from '../../ledger/queries/results-totals.ts';
import { directory, file, pair, standing } from '../unit/maintenance/tree.ts';
import { said, startRun } from './results-crash-kit.ts';
import { openResults } from './results-kit.ts';

const PAIRS = 20;

/** What the run of a child came to: its result, or the code of an error. */
async function answer(child: Part): Promise<Record<string, number> | string> {
  const line = await said(child, (text) => text.startsWith('{"deleted_count"') || text === 'JOB_RUNNING');
  return line === 'JOB_RUNNING' ? line : (JSON.parse(line) as Record<string, number>);
}

/** A run that stands still before its third deletion, in another process, and what lets it go on. */
async function heldRun() {
  const { ledger, root, databaseUrl, sql } = await openResults();
  const files = Array.from({ length: PAIRS }, (_unused, n) => pair(join(root, `s ${n % 3}`, `${n}`)));
  const go = join(directory(), 'go');
  const first = await startRun({ databaseUrl, root, runId: 'first' }, { at: 'result', nth: 3, go });
  await said(first, (line) => line === 'held');
  const second = () => startRun({ databaseUrl, root, runId: 'second' }, { at: 'nowhere' }).then(answer);
  return {
    ...{ root, sql, second, bytes: files.reduce((sum, one) => sum + one.bytes, 0) },
    totals: () => resultsTotals(ledger, root),
    left: () => files.filter((one) => standing(one) !== 'none').length,
    goOn: () => {
      file(go);
      return answer(first);
    },
  };
}

it('the second is refused while the first is at it, and deletes nothing', async () => {
  const { second, left, goOn, totals, bytes } = await heldRun();
  expect(await second()).toBe('JOB_RUNNING');
  expect(left()).toBe(PAIRS - 2);
  expect(await goOn()).toMatchObject({ deleted_count: PAIRS, freed_bytes: bytes, errors: 0 });
  expect(await totals()).toEqual({ cleanups: 1, deleted: PAIRS, freedBytes: bytes, errors: 0 });
});

it('a first that was taken for dead, and goes on, counts nothing that the second has counted', async () => {
  const { root, sql, second, left, goOn, totals } = await heldRun();
  await sql(
    `UPDATE results_directory SET pulse_at = clock_timestamp() - interval '31 s' WHERE directory = $1`,
    [root],
  );
  expect(await second()).toMatchObject({ deleted_count: PAIRS - 2, checked_count: PAIRS - 2, errors: 0 });
  expect(await goOn()).toBe('JOB_RUNNING');
  expect(left()).toBe(0);
  expect(await totals()).toMatchObject({ cleanups: 1, deleted: PAIRS - 2, errors: 0 });
});

it('whoever begins, each deletion is counted once', async () => {
  const { ledger, root, databaseUrl } = await openResults();
  const files = Array.from({ length: 600 }, (_unused, n) => pair(join(root, `s ${n % 7}`, `${n}`)));
  const runIds = ['one', 'two', 'three'];
  const children = await Promise.all(
    runIds.map((runId) => startRun({ databaseUrl, root, runId }, { at: 'nowhere' })),
  );
  const answers = await Promise.all(children.map(answer));
  const results = answers.filter((one) => typeof one !== 'string');
  expect(results.length).toBeGreaterThan(0);
  expect(results.reduce((sum, { deleted_count = 0 }) => sum + deleted_count, 0)).toBe(files.length);
  const freedBytes = files.reduce((sum, one) => sum + one.bytes, 0);
  const totals = { cleanups: results.length, deleted: files.length, freedBytes, errors: 0 };
  expect(await resultsTotals(ledger, root)).toEqual(totals);
});
