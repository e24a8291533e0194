/** The ledger out of one database and into another. */
import { expect, it } from 'vitest';
import { createDatabase, query } from '../support/databases.ts';
import { backupsOf, connectTo, contentOf, freshTarget } from './backups-ledger-kit.ts';
import { fillEveryTable } from './backups-rows.ts';
import { FILL_EVERY_TYPE, MAKE_EVERY_TYPE } from './backups-types.ts';

it('loses nothing on its way: every table, every type, every sequence', async () => {
  const url = await createDatabase('full');
  const client = await connectTo(url);
  await fillEveryTable(client);
  await client.query(MAKE_EVERY_TYPE);
  await client.query(FILL_EVERY_TYPE);
  await client.query(`SELECT setval('outage_outage_id_seq', 41, false), nextval('file_file_key_seq')`);
  const before = await contentOf(url);
  for (const [name, rows] of Object.entries(before)) expect(rows.length, name).toBeGreaterThan(0);

  const bench = backupsOf(url);
  const filename = await bench.make();
  const { url: other, restore } = await freshTarget(bench);
  await query(other, MAKE_EVERY_TYPE);
  expect(await restore(filename)).toBe('restored');
  expect(await contentOf(other)).toEqual(before);
  expect(await contentOf(url)).toEqual(before);
  expect(bench.logged.map(({ event }) => event)).toEqual(['backup_made', 'backup_restored']);
  // What comes next has the number it would have had.
  const next = `INSERT INTO outage (from_at, to_at, spared_until) VALUES ('now', 'now', 'now') RETURNING outage_id`;
  expect(await query(other, next)).toEqual([{ outage_id: '41' }]);
});
