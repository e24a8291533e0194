/** Processes that die in the middle of a backup or of a restore. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryName } from '../../maintenance/backups/place.ts';
import { listBackups, makeBackup, restoreBackup } from '../../maintenance/backups/index.ts';
import { createDatabase } from '../support/databases.ts';
import { rowsOf, sqliteBench } from '../unit/maintenance-conversations/kit.ts';
import { chat, daysAgo } from '../unit/maintenance-conversations/savers.ts';
import { BACKUP_MS, backupBench, CALM, killedAt, type BackupBench } from './backups-kit.ts';
import { connectTo, contentOf, freshTarget } from './backups-ledger-kit.ts';
import { fillEveryTable } from './backups-rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** As long as nothing that is being written. */
const OLD_MS = BACKUP_MS - 7 * HOUR_MS - 1_000;

/** Both databases, with something in them. */
async function bench() {
  const { database, saver, path } = await sqliteBench();
  await chat(saver, 'first', [daysAgo(2)]);
  // More than is copied in one step.
  await saver.exec('CREATE TABLE filler AS SELECT randomblob(6000000) AS filling');
  const ledgerUrl = await createDatabase('full');
  await fillEveryTable(await connectTo(ledgerUrl));
  return { ...backupBench({ checkpoints: database, ledgerUrl, keep: 1 }), saver, path };
}

async function made({ deps }: BackupBench, kind: 'memory' | 'ledger'): Promise<string> {
  const outcome = await makeBackup(deps, { kind, manual: false }, CALM);
  if (!('backup' in outcome)) throw new Error('skipped');
  return outcome.backup.filename;
}

/** As if that time had passed, for one file. */
function age(path: string): void {
  utimesSync(path, OLD_MS / 1_000, OLD_MS / 1_000);
}

it.each(['memory', 'ledger'] as const)(
  'a %s backup whose process is killed while it copies, checks or renames is not listed, and is cleared away later',
  async (kind) => {
    const at = await bench();
    const { settings } = at.deps;
    for (const [index, moment] of (['copying', 'checking', 'renaming'] as const).entries()) {
      const before = existsSync(at.directory) ? at.files() : [];
      await killedAt(moment, {
        settings,
        nowMs: BACKUP_MS - 2 * HOUR_MS + index,
        wish: { kind, manual: false },
      });
      const [leftover = ''] = at.files().filter((name) => !before.includes(name));
      const name = `${kind}_backup_20251128_000000_00${index}`;
      expect(leftover).toBe(temporaryName(`${name}${kind === 'ledger' ? '.tar.gz' : '.db'}`));
      if (moment !== 'copying') expect(statSync(join(at.directory, leftover)).size).toBeGreaterThan(1_000);
    }
    expect(await listBackups(at.directory)).toEqual([]);
    // They may be somebody else's, and being written.
    const leftovers = at.files();
    const first = await made(at, kind);
    expect(at.files()).toEqual([...leftovers, first]);
    expect((await listBackups(at.directory)).map(({ filename }) => filename)).toEqual([first]);
    for (const name of leftovers) age(join(at.directory, name));
    const second = await made(at, kind);
    expect(at.files()).toEqual([second]);
  },
);

const RUN_ID = '0197a1f0-0000-7000-8000-00000000000a';
const MARK = (kind: string) => `.run_${kind}_${RUN_ID}`;

it.each(['memory', 'ledger'] as const)(
  'a %s backup whose process is killed once it has its name is found by the next try of that run, and none pushed out',
  async (kind) => {
    const at = await bench();
    const old = await made({ ...at, deps: at.at(BACKUP_MS - HOUR_MS) }, kind);
    const wish = { kind, manual: false, runId: RUN_ID };
    // Killed before: what the mark names is not there, and the next try makes one.
    await killedAt('renaming', { settings: { ...at.deps.settings, keep: 2 }, nowMs: BACKUP_MS - 2, wish });
    expect((await listBackups(at.directory)).map(({ filename }) => filename)).toEqual([old]);
    await killedAt('renamed', { settings: { ...at.deps.settings, keep: 2 }, nowMs: BACKUP_MS - 1, wish });
    const [named, ...others] = (await listBackups(at.directory)).map(({ filename }) => filename);
    expect(others).toEqual([old]);

    const keepTwo = { ...at.deps, settings: { ...at.deps.settings, keep: 2 } };
    expect(await makeBackup(keepTwo, wish, CALM)).toMatchObject({ backup: { filename: named }, removed: [] });
    expect(at.logged.at(-1)).toMatchObject({ event: 'backup_found', kind, filename: named });
    // Another run is another backup; and the mark goes when nobody can ask for it any more.
    const other = { ...wish, runId: RUN_ID.replace(/a$/, 'b') };
    expect(await makeBackup(keepTwo, other, CALM)).toMatchObject({ removed: [old] });
    expect(at.files()).toContain(MARK(kind));
    const weekAgo = (BACKUP_MS - 7 * DAY_MS) / 1_000 - 1;
    utimesSync(join(at.directory, MARK(kind)), weekAgo, weekAgo);
    await made(at, kind);
    expect(at.files()).not.toContain(MARK(kind));
  },
);

it('a try that was taken for dead publishes nothing where another try of its run has', async () => {
  const at = await bench();
  const faster = await made(at, 'memory');
  const before = at.files();
  const wish = { kind: 'memory', manual: false, runId: RUN_ID } as const;
  let beats = 0;
  const heartbeat = () => {
    beats += 1;
    writeFileSync(join(at.directory, MARK('memory')), faster);
  };
  const outcome = await makeBackup(at.at(BACKUP_MS + 1), wish, { ...CALM, heartbeat });
  expect(beats).toBeGreaterThan(0);
  expect(outcome).toMatchObject({ backup: { filename: faster } });
  expect(at.files()).toEqual([MARK('memory'), ...before]);
});

it('a run that cannot be marked is backed up all the same', async () => {
  const at = await bench();
  mkdirSync(join(at.directory, MARK('memory')), { recursive: true });
  const wish = { kind: 'memory', manual: false, runId: RUN_ID } as const;
  const outcome = await makeBackup(at.deps, wish, CALM);
  expect(outcome).toHaveProperty('backup');
  expect(at.logged.map(({ event }) => event)).toEqual(['backup_mark_failed', 'backup_made']);
});

it('a run whose backup was made before its database went says so', async () => {
  const at = await bench();
  const wish = { kind: 'memory', manual: false, runId: RUN_ID } as const;
  const first = await makeBackup(at.deps, wish, CALM);
  await at.saver.close();
  rmSync(at.path);
  expect(await makeBackup(at.at(BACKUP_MS + 1), wish, CALM)).toEqual(first);
});

it('a run whose backup has been taken away since makes another', async () => {
  const at = await bench();
  const wish = { kind: 'memory', manual: true, runId: RUN_ID } as const;
  const first = await makeBackup(at.at(BACKUP_MS - 1), wish, CALM);
  if (!('backup' in first)) throw new Error('skipped');
  rmSync(first.backup.path);
  expect(await makeBackup(at.deps, wish, CALM)).toMatchObject({
    backup: { filename: expect.not.stringContaining(first.backup.filename) as string },
  });
  expect(await listBackups(at.directory)).toHaveLength(1);
});

const THREADS = 'SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1';
const ids = (path: string) => rowsOf(path, THREADS).map((row) => row['id']);

it('a restore of conversations whose process is killed leaves the old database; the next one restores', async () => {
  const { saver, path, deps, ...at } = await bench();
  const filename = await made({ ...at, deps }, 'memory');
  await chat(saver, 'second', [daysAgo(1)]);
  await saver.close();
  for (const [index, moment] of (['checking', 'keeping', 'renaming'] as const).entries()) {
    await killedAt(moment, { settings: deps.settings, nowMs: BACKUP_MS + index, restore: filename });
    expect(ids(path)).toEqual(['first', 'second']);
    const incoming = `${path}.restoring_20251128T020000_00${index}Z`;
    expect(existsSync(incoming)).toBe(true);
    if (moment !== 'renaming') age(incoming);
  }
  const { kept } = await restoreBackup(deps, { filename, force: false }, CALM);
  expect(ids(path)).toEqual(['first']);
  expect(ids(kept ?? '')).toEqual(['first', 'second']);
  // The last one may be somebody else's.
  const beside = readdirSync(dirname(path)).filter((name) => !name.includes('.before_restore_'));
  expect(beside).toEqual([basename(path), `${basename(path)}.restoring_20251128T020000_002Z`]);
});

/** Without the sequences, which PostgreSQL does not set back: a number that nobody has is none the worse. */
const rowsIn = async (url: string) =>
  Object.entries(await contentOf(url)).filter(([name]) => !name.endsWith('_seq'));

it('a restore of the ledger whose process is killed leaves it empty; the next one restores', async () => {
  const at = await bench();
  const filename = await made(at, 'ledger');
  const { url, restore } = await freshTarget(at);
  const empty = await rowsIn(url);
  const settings = { ...at.deps.settings, ledgerUrl: url };
  for (const moment of ['copying', 'committing'] as const) {
    await killedAt(moment, { settings, nowMs: BACKUP_MS, restore: filename });
    expect(await rowsIn(url)).toEqual(empty);
  }
  expect(await restore(filename)).toBe('restored');
  expect(await contentOf(url)).toEqual(await contentOf(at.deps.settings.ledgerUrl));
});
