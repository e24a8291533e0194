/** `npm run backup`, `backup:list` and `backup:restore`: the real programs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';
import { jobOutcomes } from '../../ledger/queries/job-outcomes.ts';
import type { BackupEntry, BackupResult } from '../../maintenance/backups/index.ts';
import { createDatabase } from '../support/databases.ts';
import { scratchDirectory } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { rowsOf, sqliteBench } from '../unit/maintenance-conversations/kit.ts';
import { chat, daysAgo } from '../unit/maintenance-conversations/savers.ts';
import { damagePage, NO_LEDGER } from './backups-kit.ts';
import { connectTo, contentOf } from './backups-ledger-kit.ts';
import { fillEveryTable } from './backups-rows.ts';
import { ledgerOn } from './kit.ts';

type Command = 'backup' | 'backup-list' | 'backup-restore';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

/** Both databases, and the commands with their settings. */
async function bench() {
  const { path, saver } = await sqliteBench();
  const databaseUrl = await createDatabase('commands');
  const settings = {
    DATABASE_URL: databaseUrl,
    BACKUP_DIR: scratchDirectory('backups'),
    CHECKPOINT_DATABASE: `sqlite:${path}`,
  };
  const run = async (command: Command, args: readonly string[] = [], changes = {}): Promise<Ended> => {
    const script = join(PROJECT_ROOT, `operator/${command}-command.ts`);
    const env = { ...scrubbedEnv(), ENV_FILE: 'none', ...settings, ...changes };
    const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let [out, told] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, told };
  };
  const outcome = async () =>
    (await jobOutcomes(ledgerOn(databaseUrl))).find(({ job, dryRun }) => job === 'backups' && !dryRun);
  return { path, saver, databaseUrl, run, outcome };
}

const jsonOf = <T>({ out }: Ended): T => JSON.parse(out) as T;
const namesOf = (entries: readonly BackupEntry[]) => entries.map(({ filename }) => filename);
const THREADS = 'SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1';
const ids = (path: string) => rowsOf(path, THREADS).map((row) => row['id']);

it('makes one of each kind, lists them, and puts the conversations back', async () => {
  const { path, saver, run, outcome } = await bench();
  await chat(saver, 'first', [daysAgo(1)]);
  const made = await run('backup');
  expect(made.code).toBe(0);
  const result = jsonOf<BackupResult>(made);
  expect(result).toMatchObject({ removed: [], skipped: [], errors: [] });
  const [memory = '', ledger = ''] = namesOf(result.backups);
  expect(memory).toMatch(/^memory_backup_\d{8}_\d{6}_\d{3}_manual\.db$/);
  expect(ledger).toMatch(/^ledger_backup_\d{8}_\d{6}_\d{3}_manual\.tar\.gz$/);
  expect(await outcome()).toMatchObject({ succeeded: true, result });

  // What has to be restored may be the reason for which nothing else can be reached.
  const lost = { DATABASE_URL: NO_LEDGER };
  const list = await run('backup-list', [], lost);
  expect([list.code, jsonOf(list)]).toEqual([0, result.backups.toReversed()]);

  await chat(saver, 'second', [daysAgo(0)]);
  const busy = await run('backup-restore', [memory], lost);
  expect(busy).toMatchObject({ code: 3, out: '' });
  expect(busy.told).toMatch(/^backup:restore: the database cannot be held exclusively.*--force/);
  expect(ids(path)).toEqual(['first', 'second']);
  await saver.close();
  const restored = await run('backup-restore', [memory], lost);
  expect(restored.code).toBe(0);
  const { kept } = jsonOf<{ readonly kept: string }>(restored);
  expect(jsonOf(restored)).toEqual({ filename: memory, kept });
  expect([ids(path), ids(kept)]).toEqual([['first'], ['first', 'second']]);
  const forced = await run('backup-restore', ['--force', memory], lost);
  expect(forced.code).toBe(0);
});

it('puts the ledger into an empty one, and says what is next', async () => {
  const { databaseUrl, run } = await bench();
  await fillEveryTable(await connectTo(databaseUrl));
  const [ledger = ''] = namesOf(
    jsonOf<BackupResult>(await run('backup', [], { CHECKPOINT_DATABASE: '' })).backups,
  );
  const refused = await run('backup-restore', [ledger]);
  expect(refused).toMatchObject({ code: 3, out: '', told: expect.stringContaining('is not empty') });
  const fresh = await createDatabase('restored');
  const restored = await run('backup-restore', [ledger], { DATABASE_URL: fresh });
  expect([restored.code, jsonOf(restored)]).toEqual([0, { filename: ledger, kept: null }]);
  expect(restored.told).toContain('npm run deletions -- pause');
  // The run that made it was written down behind it.
  const { job_outcome: outcome, ...rest } = await contentOf(databaseUrl);
  const { job_outcome: earlier, ...same } = await contentOf(fresh);
  expect(same).toEqual(rest);
  expect(outcome).toHaveLength((earlier?.length ?? 0) + 1);
});

it('one that fails does not keep the other from being made', async () => {
  const { path, saver, run, outcome } = await bench();
  await saver.exec('CREATE TABLE filler AS SELECT randomblob(100000) AS filling');
  await saver.close();
  damagePage(path, 10);
  const made = await run('backup');
  expect(made.code).toBe(1);
  const result = jsonOf<BackupResult>(made);
  expect(result.errors).toEqual(['The memory backup failed']);
  expect(namesOf(result.backups)).toEqual([expect.stringMatching(/^ledger_backup_/)]);
  expect(made.told).toContain('backup_failed');
  expect(await outcome()).toMatchObject({ succeeded: false, result });
});

it('is called in one way', async () => {
  const { run } = await bench();
  const calls: readonly (readonly [Command, readonly string[]])[] = [
    ['backup', ['memory']],
    ['backup-list', ['--json']],
    ['backup-restore', []],
    ['backup-restore', ['one', 'two']],
  ];
  for (const [command, args] of calls) {
    const ended = await run(command, args);
    expect(ended, `${command} ${args.join(' ')}`).toMatchObject({ code: 2, out: '' });
    expect(ended.told).toContain('usage: npm run backup');
  }
  const unknown = await run('backup-restore', ['../memory_backup_20251128_020000_000.db']);
  expect(unknown).toMatchObject({ code: 3, out: '', told: expect.stringContaining('no backup in') });
});
