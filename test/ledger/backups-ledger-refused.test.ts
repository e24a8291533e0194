/** Ledgers that a backup is not restored into, and backups that are not restored. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createDatabase, query } from '../support/databases.ts';
import { backupsOf, connectTo, contentOf, freshTarget, targetAt } from './backups-ledger-kit.ts';
import { fillEveryTable } from './backups-rows.ts';

/** A ledger with rows in every table, and its backup. */
async function filled() {
  const url = await createDatabase('full');
  await fillEveryTable(await connectTo(url));
  const bench = backupsOf(url);
  const filename = await bench.make();
  return { ...bench, filename, path: join(bench.directory, filename) };
}

it('refuses a ledger with a row in any table, and changes nothing', async () => {
  const bench = await filled();
  const source = await contentOf(bench.url);
  // Its own, as when somebody would go back in time.
  expect(await targetAt(bench.url, bench).restore(bench.filename)).toMatch(
    /^not_restorable: the database is not empty: there are rows in \w+\. Restore into a new one$/,
  );
  expect(await contentOf(bench.url)).toEqual(source);
  const { url, restore } = await freshTarget(bench);
  await query(url, `INSERT INTO worker_heartbeat (worker_id) VALUES ('one')`);
  const before = await contentOf(url);
  expect(await restore(bench.filename)).toMatch(/^not_restorable: .* rows in worker_heartbeat\./);
  expect(await contentOf(url)).toEqual(before);
});

it('refuses a ledger that somebody is using', async () => {
  const bench = await filled();
  const { url, restore } = await freshTarget(bench);
  const other = await connectTo(url);
  await other.query('BEGIN; SELECT FROM lease');
  expect(await restore(bench.filename)).toMatch(/^not_restorable: somebody is using the database/);
  await other.query('COMMIT');
  expect(await restore(bench.filename)).toBe('restored');
});

it('refuses another version of the schema, and a database without one', async () => {
  const bench = await filled();
  const { url, restore } = await freshTarget(bench);
  const empty = await contentOf(url);
  await query(url, `INSERT INTO schema_migration (name, run_on) VALUES ('0999_later', now())`);
  expect(await restore(bench.filename)).toMatch(
    /^not_restorable: the backup was made at migration \d{4}_\w+, the database is at 0999_later: /,
  );
  await query(url, `DELETE FROM schema_migration WHERE id = (SELECT min(id) FROM schema_migration)`);
  expect(await restore(bench.filename)).toMatch(/^not_restorable: the backup was made at migration/);
  const { lease, file, pulse } = await contentOf(url);
  expect({ lease, file, pulse }).toEqual({ lease: [], file: [], pulse: empty['pulse'] });
  const bare = targetAt(await createDatabase('bare', { empty: true }), bench);
  expect(await bare.restore(bench.filename)).toMatch(/^not_restorable: .*no schema yet.*npm run migrate/);
});

/** What a disk, a copy that broke off, or somebody with an editor does to an archive. */
const DAMAGES: readonly (readonly [string, (path: string) => void])[] = [
  ['cut off in the middle', (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
  ['cut off at its last byte', (path) => truncateSync(path, readFileSync(path).length - 1)],
  ['empty', (path) => truncateSync(path)],
  ['something else', (path) => writeFileSync(path, 'not an archive')],
  ['with one bit turned', (path) => writeFileSync(path, turned(readFileSync(path)))],
  ['with another value in a row', (path) => edit(path, 'worker_heartbeat', /2025-11-28/, '2025-11-29')],
  ['with a row less', (path) => edit(path, 'sweep_run', /\n/, ' ')],
  ['without its end', (path) => writeFileSync(path, gzipSync(upTo(gunzipSync(readFileSync(path)))))],
  ['of another format', (path) => edit(path, '"format"', /1/, '2')],
];

function turned(bytes: Buffer): Buffer {
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

/** Replaces text behind the first or, for a table, the last place where `after` stands; sizes stay as they are. */
function edit(path: string, after: string, from: RegExp, to: string): void {
  const text = gunzipSync(readFileSync(path)).toString('latin1');
  const entry = text.indexOf(after.startsWith('"') ? after : `tables/${after}/`);
  const edited = text.slice(0, entry) + text.slice(entry).replace(from, to);
  expect(edited).not.toBe(text);
  writeFileSync(path, gzipSync(Buffer.from(edited, 'latin1')));
}

/** The tar without its manifest, with the end that a tar has. */
function upTo(tar: Buffer): Buffer {
  const manifest = tar.indexOf('manifest.json');
  return Buffer.concat([tar.subarray(0, manifest), Buffer.alloc(1024)]);
}

it('refuses a backup that is not what it was, and leaves the ledger empty', async () => {
  const bench = await filled();
  const { url, restore } = await freshTarget(bench);
  const empty = await contentOf(url);
  const whole = `${bench.path}.whole`;
  copyFileSync(bench.path, whole);
  for (const [what, damage] of DAMAGES) {
    copyFileSync(whole, bench.path);
    damage(bench.path);
    expect(await restore(bench.filename), what).toMatch(/^damaged: /);
  }
  expect(await contentOf(url)).toEqual(empty);
  copyFileSync(whole, bench.path);
  expect(await restore(bench.filename)).toBe('restored');
});
