/** Processes that die in the middle of a backup or of a restore. */
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
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
const OLD_MS = BACKUP_MS - HOUR_MS - 1_000;

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

/** As if an hour had passed, for one file. */
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
      await killedAt(moment, { settings, nowMs: BACKUP_MS - 2 * HOUR_MS + index, make: kind });
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
