/** Restoring the SQLite database with conversations. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { makeBackup, RestoreError, restoreBackup } from '../../maintenance/backups/index.ts';
import { scratchDirectory } from '../support/parts.ts';
import { rowsOf, sqliteBench } from '../unit/maintenance-conversations/kit.ts';
import { startSaver } from '../unit/maintenance-conversations/saver-process.ts';
import { chat, daysAgo, load } from '../unit/maintenance-conversations/savers.ts';
import { BACKUP_MS, backupBench, CALM, damagePage } from './backups-kit.ts';

const THREADS = 'SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1';
const ids = (path: string) => rowsOf(path, THREADS).map((row) => row['id']);

/** A database with the thread `first` in its backup, and `second` besides in itself. */
async function bench() {
  const { database, saver, path } = await sqliteBench();
  const backups = backupBench({ checkpoints: database });
  await chat(saver, 'first', [daysAgo(2)]);
  const outcome = await makeBackup(backups.deps, { kind: 'memory', manual: false }, CALM);
  if (!('backup' in outcome)) throw new Error('skipped');
  await chat(saver, 'second', [daysAgo(1)]);
  const { filename } = outcome.backup;
  const restore = (force = false, name = filename) =>
    restoreBackup(backups.at(BACKUP_MS + 60_000), { filename: name, force }, CALM);
  const beside = () => readdirSync(dirname(path)).toSorted();
  return { ...backups, backup: outcome.backup, saver, path, restore, beside };
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'restored',
    (error: unknown) => (error instanceof RestoreError ? error.code : String(error)),
  );

it('brings the content back, keeps the previous database, and leaves no log of it', async () => {
  const { path, saver, backup, restore, beside, logged } = await bench();
  await saver.close();
  const answer = await restore();
  const kept = `${path}.before_restore_20251128T020100_000Z`;
  expect(answer).toEqual({ filename: backup.filename, kept });
  expect(beside()).toEqual(['memory.db', basename(kept)]);
  expect(readFileSync(path).equals(readFileSync(backup.path))).toBe(true);
  expect(ids(path)).toEqual(['first']);
  expect(ids(kept)).toEqual(['first', 'second']);
  const again = await startSaver(path);
  await chat(again, 'third', [daysAgo(0)]);
  expect((await load(again, 'first'))?.values).toMatchObject({ topic: 'topic of first' });
  expect(logged.at(-1)).toMatchObject({ event: 'backup_restored', filename: backup.filename, kept });
});

it('refuses names that are none of the list', async () => {
  const { path, directory, backup, restore } = await bench();
  symlinkSync(backup.path, join(directory, 'memory_backup_20251128_040000_000.db'));
  copyFileSync(backup.path, join(directory, 'other.db'));
  for (const name of [
    ...['', '.', '..', 'other.db', backup.path, `./${backup.filename}`, `../backups/${backup.filename}`],
    ...[`${backup.filename}\0`, `${backup.filename}/`, 'memory_backup_20251128_040000_000.db'],
    ...['memory_backup_20250101_000000_000.db', 'ledger_backup_20250101_000000_000.tar.gz'],
  ]) {
    expect(await refusal(restore(true, name)), name).toBe('unknown_backup');
  }
  expect(ids(path)).toEqual(['first', 'second']);
});

it('refuses a database that another program has open, idle or not; force goes on, and loses nothing', async () => {
  const { path, saver, restore, beside } = await bench();
  await expect(restore()).rejects.toMatchObject({
    code: 'in_use',
    message: expect.stringContaining('another program has it open'),
  });
  expect(ids(path)).toEqual(['first', 'second']);
  expect(beside()).toEqual(['memory.db', 'memory.db-shm', 'memory.db-wal']);
  await chat(saver, 'third', [daysAgo(0)]);
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);

  const { kept } = await restore(true);
  expect(ids(path)).toEqual(['first']);
  // What the other program had committed and not moved out of its log.
  expect(ids(kept ?? '')).toEqual(['first', 'second', 'third']);
});

it('refuses a database without a write-ahead log while somebody is using it', async () => {
  const { path, saver, restore } = await bench();
  await saver.exec('PRAGMA journal_mode = DELETE');
  await saver.exec('BEGIN; SELECT * FROM checkpoints');
  const reader = new DatabaseSync(path);
  onTestFinished(() => reader.close());
  reader.exec('BEGIN');
  reader.prepare(THREADS).all();
  expect(await refusal(restore())).toBe('in_use');
  reader.exec('COMMIT');
  await saver.close();
  expect(await refusal(restore())).toBe('restored');
  expect(ids(path)).toEqual(['first']);
});

it('takes in what a killed program has left in its log, and removes the log', async () => {
  const { path, saver, restore, beside } = await bench();
  const copies = ['', '-wal', '-shm'].map(
    (suffix) => [`${path}${suffix}`, readFileSync(`${path}${suffix}`)] as const,
  );
  await saver.close();
  for (const [name, bytes] of copies) writeFileSync(name, bytes);
  const { kept } = await restore();
  expect(beside()).toEqual(['memory.db', basename(kept ?? '')]);
  expect(ids(path)).toEqual(['first']);
  expect(ids(kept ?? '')).toEqual(['first', 'second']);
});

it('does without a database to replace, and removes the stale log of one that is gone', async () => {
  const { path, saver, restore, beside } = await bench();
  const wal = readFileSync(`${path}-wal`);
  await saver.close();
  rmSync(path);
  for (const suffix of ['-wal', '-shm', '-journal']) writeFileSync(`${path}${suffix}`, wal);
  expect((await restore()).kept).toBeNull();
  expect(beside()).toEqual(['memory.db']);
  expect(ids(path)).toEqual(['first']);
});

it('whoever could open the old database can open the new one', async () => {
  const { path, saver, restore } = await bench();
  await saver.close();
  chmodSync(path, 0o664);
  await restore();
  expect(statSync(path).mode & 0o777).toBe(0o664);
});

it('refuses a damaged backup and changes nothing', async () => {
  const { path, saver, backup, restore, beside } = await bench();
  await saver.close();
  damagePage(backup.path, 1);
  expect(await refusal(restore())).toBe('damaged');
  expect(await refusal(restore(true))).toBe('damaged');
  writeFileSync(backup.path, 'no database');
  expect(await refusal(restore())).toBe('damaged');
  expect(beside()).toEqual(['memory.db']);
  expect(ids(path)).toEqual(['first', 'second']);
});

it('replaces a damaged database only by force, since nobody can tell who has it open', async () => {
  const { path, saver, restore } = await bench();
  await saver.close();
  writeFileSync(path, 'this was a database before somebody wrote over it, which is why it is to be restored');
  await expect(restore()).rejects.toThrow(/file is not a database.*--force/);
  const { kept } = await restore(true);
  expect(ids(path)).toEqual(['first']);
  expect(readFileSync(kept ?? '', 'utf8')).toMatch(/^this was/);
});

it('has nowhere to restore to without a SQLite database', async () => {
  const { at, backup, path } = await bench();
  const { settings, ...deps } = at(BACKUP_MS);
  for (const checkpoints of [undefined, { kind: 'postgres', url: 'postgres://x/y' } as const]) {
    const call = restoreBackup(
      { ...deps, settings: { ...settings, checkpoints } },
      { filename: backup.filename, force: true },
      CALM,
    );
    expect(await refusal(call)).toBe('not_configured');
  }
  expect(existsSync(path)).toBe(true);
});

it('a database behind a symbolic link is replaced where it is, and the link goes on leading there', async () => {
  const { path, saver, backup, deps } = await bench();
  await saver.close();
  const link = join(scratchDirectory('linked'), 'chats.db');
  symlinkSync(path, link);
  const linked = {
    ...deps,
    settings: { ...deps.settings, checkpoints: { kind: 'sqlite', path: link } as const },
  };
  const { kept } = await restoreBackup(linked, { filename: backup.filename, force: false }, CALM);
  expect(dirname(kept ?? '')).toBe(dirname(path));
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect([ids(path), ids(link)]).toEqual([['first'], ['first']]);
  expect(ids(kept ?? '')).toEqual(['first', 'second']);
});

it('a database that is gone behind a symbolic link comes back where the link leads', async () => {
  const { path, saver, backup, deps } = await bench();
  await saver.close();
  const link = join(scratchDirectory('linked'), 'chats.db');
  const direct = join(scratchDirectory('linked'), 'direct.db');
  symlinkSync(path, direct);
  symlinkSync(relative(dirname(link), direct), link);
  rmSync(path);
  const linked = {
    ...deps,
    settings: { ...deps.settings, checkpoints: { kind: 'sqlite', path: link } as const },
  };
  expect(await restoreBackup(linked, { filename: backup.filename, force: false }, CALM)).toMatchObject({
    kept: null,
  });
  expect([link, direct].map((name) => lstatSync(name).isSymbolicLink())).toEqual([true, true]);
  expect([ids(path), ids(link)]).toEqual([['first'], ['first']]);
});
