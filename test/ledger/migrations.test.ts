import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeSchema } from '../../ledger/describe-schema.ts';
import { migrate, SchemaTooNewError } from '../../ledger/migrate.ts';
import { createDatabase, query } from '../support/databases.ts';
import { startProgram } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { openClient } from './two-sides.ts';
import { until } from '../support/until.ts';

/** Every migration there is, in order. */
const ALL = readdirSync(new URL('../../ledger/migrations/', import.meta.url))
  .map((file) => file.replace('.sql', ''))
  .toSorted();

it('twenty starters at once wait for one another and all succeed', async () => {
  const url = await createDatabase('starters', { empty: true });
  const applied = await Promise.all(Array.from({ length: 20 }, () => migrate(url)));
  expect(applied.filter((names) => names.length > 0)).toEqual([ALL]);
  expect(await migrate(url)).toEqual([]);
  expect(await query(url, 'SELECT name FROM schema_migration')).toEqual(ALL.map((name) => ({ name })));
});

it('a starter really waits for the one that migrates', async () => {
  const url = await createDatabase('waiting', { empty: true });
  const first = await openClient(url, 'first');
  await first.query('SELECT pg_advisory_lock(5183926447)');
  const second = migrate(url);
  await until(
    async () =>
      (await first.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).rowCount ===
      1,
    { describe: 'the second starter waits for the lock' },
  );
  expect((await first.query(`SELECT to_regclass('lease') AS made`)).rows).toEqual([{ made: null }]);
  await first.query('SELECT pg_advisory_unlock(5183926447)');
  expect(await second).toEqual(ALL);
});

it('a schema newer than this version is refused and left alone', async () => {
  const url = await createDatabase('newer');
  await query(url, `INSERT INTO schema_migration (name, run_on) VALUES ('9999_from_tomorrow', now())`);
  await expect(migrate(url)).rejects.toThrow(SchemaTooNewError);
  await expect(migrate(url)).rejects.toThrow(/9999_from_tomorrow/);
});

it('a newer starter that held the lock meanwhile is recognised too', async () => {
  const url = await createDatabase('newer');
  const first = await openClient(url, 'newer');
  await first.query('SELECT pg_advisory_lock(5183926447)');
  const second = expect(migrate(url)).rejects.toThrow(SchemaTooNewError);
  await until(
    async () =>
      (await first.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).rowCount ===
      1,
    { describe: 'the older starter waits for the lock' },
  );
  await first.query(`INSERT INTO schema_migration (name, run_on) VALUES ('0000_from_tomorrow', now())`);
  await first.query('SELECT pg_advisory_unlock(5183926447)');
  await second;
});

it('ledger/schema.sql shows the schema that the migrations make', async () => {
  const url = await createDatabase('described', { empty: true });
  await migrate(url);
  const described = await describeSchema(url);
  await expect(described).toMatchFileSnapshot('../../ledger/schema.sql');
  await query(url, 'ALTER TABLE lease ADD COLUMN drifted integer');
  expect(await describeSchema(url)).not.toBe(described);
});

async function runCommand(databaseUrl: string | undefined): Promise<{ ending: string; said: string }> {
  const env = { ...scrubbedEnv(), ENV_FILE: 'none', ...(databaseUrl && { DATABASE_URL: databaseUrl }) };
  const part = await startProgram({ name: 'migrate', script: 'ledger/migrate-command.ts', env });
  return { ending: await part.ended, said: part.logTail() };
}

it('npm run migrate: applies, repeats, and says with its exit code what stands in the way', async () => {
  const url = await createDatabase('command', { empty: true });
  expect(await runCommand(url)).toEqual({ ending: 'code 0', said: expect.stringContaining('0001_leases') });
  expect(await runCommand(url)).toEqual({ ending: 'code 0', said: expect.stringContaining('up to date') });
  await query(url, `INSERT INTO schema_migration (name, run_on) VALUES ('9999_from_tomorrow', now())`);
  expect(await runCommand(url)).toEqual({ ending: 'code 2', said: expect.stringContaining('newer') });
  expect(await runCommand(undefined)).toEqual({
    ending: 'code 2',
    said: expect.stringContaining('DATABASE_URL'),
  });
  const nowhere = await runCommand('postgres://loiter:secret-word@127.0.0.1:1/ledger');
  expect(nowhere).toEqual({ ending: 'code 1', said: expect.stringContaining('migrate:') });
  expect(nowhere.said).not.toContain('secret-word');
});
