/** `npm run results`, `aged-files` and `conversations`: the real programs, on a ledger and directories of the test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';
import { jobOutcomes, type JobOutcome } from '../../ledger/queries/job-outcomes.ts';
import { resultsTotals } from '../../ledger/queries/results-totals.ts';
import { createDatabase } from '../support/databases.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { rowsOf } from '../unit/maintenance-conversations/kit.ts';
import { loadRecorded } from '../unit/maintenance-conversations/python.ts';
import { directory, file, pair, snapshot, standing } from '../unit/maintenance/tree.ts';
import { ledgerOn } from './kit.ts';

type Command = 'results' | 'aged-files' | 'conversations';
type Settings = Readonly<Record<string, string>>;

interface Ended {
  readonly code: number | null;
  /** What it printed; undefined = nothing. */
  readonly result: Record<string, unknown> | undefined;
  readonly told: string;
}

let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await createDatabase('commands');
});

function start(command: Command, settings: Settings, args: readonly string[]): ChildProcess {
  const script = join(PROJECT_ROOT, `operator/${command}-command.ts`);
  const env = { ...scrubbedEnv(), ENV_FILE: 'none', DATABASE_URL: databaseUrl, ...settings };
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [out, told] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const result = out === '' ? undefined : (JSON.parse(out) as Record<string, unknown>);
  return { code, result, told };
}

const run = (command: Command, settings: Settings = {}, ...args: readonly string[]) =>
  ended(start(command, settings, args));

async function outcome(job: string, dryRun: boolean): Promise<JobOutcome | undefined> {
  const outcomes = await jobOutcomes(ledgerOn(databaseUrl));
  return outcomes.find((one) => one.job === job && one.dryRun === dryRun);
}

/** A receiver of reports; `reports` is what it was sent. */
async function receiver(answer: (response: ServerResponse) => void) {
  const reports: unknown[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => {
      reports.push({ url: request.url, ...(JSON.parse(text) as object) });
      answer(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reports };
}

it.each([
  ['results', {}, 'RESULTS_DIR is not set'],
  ['results', { RESULTS_DIR: '~' }, 'RESULTS_DIR: ~ is the home directory'],
  ['aged-files', { AGED_FILES_DIR: '/tmp/', DATA_DIR: '/tmp' }, 'AGED_FILES_DIR: /tmp/ is DATA_DIR'],
  ['conversations', {}, 'CHECKPOINT_DATABASE is not set'],
] as const)('%s %j cannot run: it says why, and exits with 2', async (command, settings, why) => {
  const told = `${command}: the job is off: ${why}\n`;
  expect(await run(command, settings)).toEqual({ code: 2, result: undefined, told });
});

it.each([
  ['results', ['now']],
  ['aged-files', ['--dry-run=no']],
  ['conversations', ['--retention-days', '0']],
  ['conversations', ['--retention-days=']],
] as const)('%s %j is called wrongly', async (command, args) => {
  const path = join(directory(), 'memory.db');
  loadRecorded(path);
  const { code, result, told } = await run(command, { CHECKPOINT_DATABASE: `sqlite:${path}` }, ...args);
  expect([code, result]).toEqual([2, undefined]);
  expect(told).toContain(`usage: npm run ${command} [-- --dry-run]`);
  expect(rowsOf(path, 'SELECT count(*) AS n FROM checkpoints')).toEqual([{ n: 13 }]);
});

describe('results', () => {
  it('deletes, counts in the totals, is written down and reported once; a dry run only counts', async () => {
    const root = directory();
    const { url, reports } = await receiver((response) => response.end('{"status":"tracked"}'));
    const settings = { RESULTS_DIR: root, METRICS_URL: url };
    const files = ['a/x', 'b/y'].map((stem) => pair(join(root, stem)));
    const wrong = pair(join(root, 'wrong'), 'soon');
    const before = snapshot(root);
    const dry = await run('results', settings, '--dry-run');
    expect(dry).toMatchObject({ code: 0, result: { deleted_count: 2, dry_run: true } });
    expect([snapshot(root), reports]).toEqual([before, []]);
    expect(await resultsTotals(ledgerOn(databaseUrl), root)).toMatchObject({ cleanups: 0, deleted: 0 });

    const { code, result, told } = await run('results', settings);
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
    const counts = { deleted_count: 2, freed_bytes: bytes, checked_count: 3, errors: 1 };
    expect({ code, result }).toEqual({
      code: 0,
      result: { ...counts, duration_ms: expect.any(Number), leftovers_deleted: 0, dry_run: false },
    });
    expect([...files, wrong].map(standing)).toEqual(['none', 'none', 'both']);
    expect(told).toContain('Cleanup completed');
    expect(reports).toEqual([
      {
        url: '/track/cleanup',
        ...counts,
        duration_ms: result?.['duration_ms'],
        timestamp: expect.any(String),
      },
    ]);
    const totals = { cleanups: 1, deleted: 2, freedBytes: bytes, errors: 1 };
    expect(await resultsTotals(ledgerOn(databaseUrl), root)).toEqual(totals);
    expect(await outcome('results-cleanup', false)).toMatchObject({ succeeded: true, result });
    expect(await outcome('results-cleanup', true)).toMatchObject({ succeeded: true, result: dry.result });
  });

  it('warns where the receiver does not take the report, after one try', async () => {
    const { url, reports } = await receiver((response) => response.writeHead(503).end());
    const { code, result, told } = await run('results', { RESULTS_DIR: directory(), METRICS_URL: url });
    expect([code, result?.['deleted_count'], reports.length]).toEqual([0, 0, 1]);
    expect(told).toContain('results: the report was not taken: the receiver of cleanup reports answered 503');
  });

  it('waits for nobody once it is told to stop', async () => {
    const { url, reports } = await receiver(() => child.kill('SIGTERM'));
    const child = start('results', { RESULTS_DIR: directory(), METRICS_URL: url }, []);
    const { code, told } = await ended(child);
    expect([code, reports.length]).toEqual([0, 1]);
    expect(told).toContain('the report was not taken: stopped by SIGTERM');
  });
});

it('aged-files deletes what is old; a dry run only counts', async () => {
  const root = directory();
  const [old, young] = [file(join(root, 'a.mp3'), 'xxx', 25), file(join(root, 'b.mp3'), 'x', 23)];
  const counts = { deleted_count: 1, freed_bytes: 3, checked_count: 2, errors: 0 };
  const dry = await run('aged-files', { AGED_FILES_DIR: root }, '--dry-run');
  expect(dry).toMatchObject({ code: 0, result: { ...counts, dry_run: true } });
  expect(existsSync(old)).toBe(true);
  const { code, result, told } = await run('aged-files', { AGED_FILES_DIR: root });
  expect([code, result]).toEqual([0, { ...counts, duration_ms: expect.any(Number), dry_run: false }]);
  expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  expect(told).toContain('aged_files_cleaned');
  expect(await outcome('aged-files-cleanup', false)).toMatchObject({ succeeded: true, result });
});

describe('conversations', () => {
  it('removes what is past retention, or a retention of its own; a dry run only counts', async () => {
    const path = join(directory(), 'memory.db');
    loadRecorded(path);
    const settings = { CHECKPOINT_DATABASE: `sqlite:${path}`, SESSION_RETENTION_DAYS: '1' };
    const errors = ['Thread "undated": age not decodable, counted as active'];
    const removed = (threads: number, checkpoints: number) => ({
      ...{
        sessions_deleted: threads,
        checkpoints_deleted: checkpoints,
        sessions_remaining: 8 - threads,
        errors,
      },
    });
    const dry = await run('conversations', settings, '--dry-run');
    expect(dry).toMatchObject({ code: 0, result: { ...removed(7, 12), dry_run: true } });
    expect(rowsOf(path, 'SELECT count(*) AS n FROM checkpoints')).toEqual([{ n: 13 }]);
    const { code, result, told } = await run('conversations', settings, '--retention-days', '36');
    expect([code, result]).toEqual([0, { ...removed(7, 12), dry_run: false }]);
    expect(rowsOf(path, 'SELECT DISTINCT thread_id AS id FROM writes')).toEqual([{ id: 'undated' }]);
    expect([dry.told, told]).toEqual([
      expect.stringContaining('"retention_days":1,'),
      expect.stringContaining('"retention_days":36,'),
    ]);
    expect(await outcome('conversations-cleanup', false)).toMatchObject({ succeeded: true, result });
  });

  it('that the database refuses are a failure, with the details in the log only', async () => {
    const path = join(directory(), 'memory.db');
    writeFileSync(path, 'not a database at all, but long enough to be looked at');
    const { code, result, told } = await run('conversations', { CHECKPOINT_DATABASE: `sqlite:${path}` });
    expect([code, result]).toMatchObject([1, { sessions_deleted: 0, errors: ['Database error'] }]);
    expect(told).toContain('file is not a database');
    expect(await outcome('conversations-cleanup', false)).toMatchObject({ succeeded: false, result });
  });
});
