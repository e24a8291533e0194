import { copyFileSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listBackups, makeBackup } from '../../maintenance/backups/index.ts';
import { checkIntegrity } from '../../maintenance/backups/sqlite/check.ts';
import { scratchDirectory } from '../support/parts.ts';
import { uuid6At } from '../unit/maintenance-conversations/ages.ts';
import { rowsOf, sqliteBench } from '../unit/maintenance-conversations/kit.ts';
import { startSaver } from '../unit/maintenance-conversations/saver-process.ts';
import { chat, daysAgo, load, put } from '../unit/maintenance-conversations/savers.ts';
import { BACKUP_MS, backupBench, CALM, damagePage, type BackupBench } from './backups-kit.ts';

const NIGHTLY = { kind: 'memory', manual: false } as const;
const MANUAL = { kind: 'memory', manual: true } as const;
const DAY_MS = 86_400_000;

async function made(bench: BackupBench, wish: typeof NIGHTLY | typeof MANUAL = NIGHTLY, nowMs = BACKUP_MS) {
  const outcome = await makeBackup(bench.at(nowMs), wish, CALM);
  if (!('backup' in outcome)) throw new Error(`skipped: ${outcome.skipped}`);
  return outcome;
}

/** A database of some megabytes, which is not copied in one step. */
async function largeBench() {
  const { database, saver, path } = await sqliteBench();
  await saver.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint, metadata)
    SELECT 'thread ' || i, 'x', 'json', hex(randomblob(500)), '{}' FROM n`);
  return { ...backupBench({ checkpoints: database }), saver, path };
}

describe('a backup of the SQLite database', () => {
  it('taken while a chat writes passes its check and has every row that was committed before it began', async () => {
    const bench = await largeBench();
    const { saver } = bench;
    let committed = 0;
    const running = { done: false };
    const write = async () => {
      for (; !running.done; committed += 1) {
        await put(saver, { threadId: 'live', id: uuid6At(BACKUP_MS + committed) });
      }
    };
    const writing = write();
    const stopWriting = async () => {
      running.done = true;
      await writing;
    };
    onTestFinished(stopWriting);
    for (let round = 0; round < 3; round += 1) {
      const before = committed;
      const { backup } = await made(bench, NIGHTLY, BACKUP_MS + round);
      expect(committed, 'the chat went on').toBeGreaterThan(before);
      expect(() => checkIntegrity(backup.path)).not.toThrow();
      const [row] = rowsOf(backup.path, `SELECT count(*) AS n FROM checkpoints WHERE thread_id = 'live'`);
      expect(row?.['n']).toBeGreaterThanOrEqual(before);
      expect(
        rowsOf(backup.path, 'SELECT count(DISTINCT thread_id) AS n FROM checkpoints')[0]?.['n'],
      ).toBeGreaterThanOrEqual(20_000);
    }
  });

  it('is a database with which LangGraph goes on, readable by its owner alone, and logged', async () => {
    const { saver, database } = await sqliteBench();
    await chat(saver, 'thread', [daysAgo(3), daysAgo(2)]);
    const bench = backupBench({ checkpoints: database });
    const { backup, removed } = await made(bench);
    expect(backup).toEqual({
      filename: 'memory_backup_20251128_020000_000.db',
      path: join(bench.directory, 'memory_backup_20251128_020000_000.db'),
      size_bytes: statSync(backup.path).size,
      created_at: '2025-11-28T02:00:00.000Z',
    });
    expect(removed).toEqual([]);
    expect(bench.files()).toEqual([backup.filename]);
    expect(statSync(backup.path).mode & 0o777).toBe(0o600);
    expect(statSync(bench.directory).mode & 0o777).toBe(0o700);
    const copy = join(scratchDirectory('copy'), 'memory.db');
    copyFileSync(backup.path, copy);
    expect(await load(await startSaver(copy), 'thread')).toEqual(await load(saver, 'thread'));
    expect(bench.logged).toMatchObject([
      { event: 'backup_made', kind: 'memory', filename: backup.filename, size_bytes: backup.size_bytes },
    ]);
  });

  it('leaves nothing beside a database that nobody has open', async () => {
    const { database, saver, path } = await sqliteBench();
    await chat(saver, 'first', [daysAgo(2)]);
    await saver.close();
    const before = readdirSync(dirname(path)).toSorted();
    await made(backupBench({ checkpoints: database }));
    expect(readdirSync(dirname(path)).toSorted()).toEqual(before);
  });

  it('ten manual ones at once are ten files, and push out no nightly one', async () => {
    const { database } = await sqliteBench();
    const bench = backupBench({ checkpoints: database, keep: 10 });
    for (let night = 9; night >= 0; night -= 1) await made(bench, NIGHTLY, BACKUP_MS - night * DAY_MS);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => made(bench, MANUAL)));
    expect(new Set(outcomes.map(({ backup }) => backup.filename)).size).toBe(10);
    const names = bench.files();
    expect(names.filter((name) => name.endsWith('_manual.db'))).toHaveLength(10);
    expect(names.filter((name) => !name.endsWith('_manual.db'))).toHaveLength(10);
    for (const { backup } of outcomes) expect(() => checkIntegrity(backup.path)).not.toThrow();
  });

  it('keeps the newest of the nightly and of the manual ones, each for itself', async () => {
    const { database } = await sqliteBench();
    const bench = backupBench({ checkpoints: database, keep: 2 });
    const filenames: string[] = [];
    for (let night = 0; night < 4; night += 1) {
      filenames.push((await made(bench, NIGHTLY, BACKUP_MS + night * DAY_MS)).backup.filename);
    }
    const manual = [await made(bench, MANUAL, BACKUP_MS), await made(bench, MANUAL, BACKUP_MS + 1)];
    const third = await made(bench, MANUAL, BACKUP_MS + 2);
    expect(third.removed).toEqual([manual[0]?.backup.filename]);
    expect(bench.files()).toEqual(
      [...filenames.slice(2), manual[1]?.backup.filename ?? '', third.backup.filename].toSorted(),
    );
    expect(bench.logged.filter(({ event }) => event === 'backup_removed')).toHaveLength(3);
  });

  it('one that cannot be deleted is a warning: the new one is made once, and no other is pushed out for it', async () => {
    const { database } = await sqliteBench();
    const bench = backupBench({ checkpoints: database, keep: 2 });
    const nights: string[] = [];
    for (let night = 0; night < 4; night += 1) {
      const [oldest = ''] = nights;
      const remove = (path: string): Promise<void> =>
        path.endsWith(oldest) ? Promise.reject(new Error('EPERM')) : rm(path);
      const deps = { ...bench.at(BACKUP_MS + night * DAY_MS), ...(night < 3 ? {} : { remove }) };
      const keep = night < 3 ? 7 : 2;
      const outcome = await makeBackup({ ...deps, settings: { ...deps.settings, keep } }, NIGHTLY, CALM);
      if (!('backup' in outcome)) throw new Error('skipped');
      nights.push(outcome.backup.filename);
      if (night === 3) expect(outcome.removed).toEqual([nights[1]]);
    }
    expect(bench.files()).toEqual([nights[0], nights[2], nights[3]]);
    const told = bench.logged.filter(({ event }) => event === 'backup_prune_failed');
    expect(told).toMatchObject([{ filename: nights[0] }]);
  });

  it('the one just made stays, even where a clock that was wrong has left newer names', async () => {
    const { database } = await sqliteBench();
    const bench = backupBench({ checkpoints: database, keep: 1 });
    await made(bench, NIGHTLY, Date.UTC(2099, 0, 1));
    const { backup, removed } = await made(bench);
    expect(removed).toEqual([]);
    expect(bench.files()).toContain(backup.filename);
  });

  it.each([
    [undefined, 'not_configured'],
    [{ kind: 'postgres', url: 'postgres://somewhere/else' }, 'not_ours'],
    [{ kind: 'sqlite', path: '/no/such/file.db' }, 'no_such_file'],
  ] as const)('%j: %s', async (checkpoints, skipped) => {
    const bench = backupBench({ checkpoints });
    expect(await makeBackup(bench.deps, NIGHTLY, CALM)).toEqual({ kind: 'memory', skipped });
    expect(bench.logged).toMatchObject([{ event: 'backup_skipped', reason: skipped }]);
    expect(await listBackups(bench.directory)).toEqual([]);
  });
});

describe('a backup that fails', () => {
  it('of a damaged database leaves nothing, and no older one is deleted for it', async () => {
    const { saver, path, directory, ...bench } = await largeBench();
    const whole = { directory, ...bench };
    const before = [await made(whole, NIGHTLY, BACKUP_MS - 1)];
    await saver.close();
    damagePage(path, 100);
    const settings = { ...bench.deps.settings, keep: 1 };
    await expect(makeBackup({ ...bench.deps, settings }, NIGHTLY, CALM)).rejects.toThrow(
      /not a sound SQLite database/,
    );
    expect(bench.files()).toEqual(before.map(({ backup }) => backup.filename));
    expect(bench.logged.at(-1)).toMatchObject({ event: 'backup_failed', kind: 'memory' });
  });

  it('of a locked database ends after the busy time-out', async () => {
    const { database, saver, path } = await sqliteBench();
    await saver.close();
    const other = new DatabaseSync(path);
    onTestFinished(() => other.close());
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const bench = backupBench({ checkpoints: database });
    await expect(made(bench)).rejects.toThrow('database is locked');
    expect(bench.files()).toEqual([]);
  });

  it('because it is told to stop leaves nothing', async () => {
    const bench = await largeBench();
    const stop = new AbortController();
    const heartbeat = () => stop.abort(new Error('enough'));
    await expect(makeBackup(bench.deps, NIGHTLY, { signal: stop.signal, heartbeat })).rejects.toThrow(
      'enough',
    );
    expect(bench.files()).toEqual([]);
  });
});

describe('the list', () => {
  it('has the finished backups, newest first, and nothing else', async () => {
    const { database } = await sqliteBench();
    const bench = backupBench({ checkpoints: database });
    expect(await listBackups(bench.directory)).toEqual([]);
    const first = await made(bench);
    const second = await made(bench, MANUAL, BACKUP_MS + 1);
    const third = await made(bench, NIGHTLY, BACKUP_MS + 2);
    const inside = (name: string) => join(bench.directory, name);
    mkdirSync(inside('memory_backup_20251128_030000_000.db'));
    symlinkSync(first.backup.path, inside('memory_backup_20251128_040000_000.db'));
    for (const name of [
      '.memory_backup_20251128_050000_000.db.tmp',
      'memory.db',
      'memory_backup_20251128_060000_000.db.part',
    ]) {
      writeFileSync(inside(name), '');
    }
    expect(await listBackups(bench.directory)).toEqual([third.backup, second.backup, first.backup]);
  });
});
