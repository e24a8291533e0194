import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { DatabaseError, type Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { inOneTransaction } from './connect.ts';
import {
  appliedMigrations,
  describeTables,
  quoted,
  type DumpedTable,
  type SequenceState,
} from './describe.ts';

/** Why a ledger cannot be restored into this database; nothing was changed. */
export class NotRestorableError extends Error {}

/** Tables of one row that the migrations make themselves: a ledger that was never used has them. */
const SEEDED = ['deletion_control', 'pulse'];

/** SQLSTATE of a lock that was waited for in vain. */
const LOCK_NOT_AVAILABLE = '55P03';

/** An empty ledger, held against everybody else, that is being filled. */
export interface LedgerTarget {
  /** Copies rows into a table; resolves with how many. One table at a time. */
  load(table: DumpedTable, rows: AsyncIterable<Uint8Array>): Promise<number>;
  setSequences(states: readonly SequenceState[]): Promise<void>;
}

async function refuseOtherSchema(client: Client, migrations: readonly string[]): Promise<void> {
  const { rows } = await client.query(`SELECT to_regclass('schema_migration') IS NOT NULL AS migrated`);
  if (!(rows as { migrated: boolean }[])[0]?.migrated) {
    throw new NotRestorableError('the database has no schema yet: `npm run migrate` makes it');
  }
  const applied = await appliedMigrations(client);
  if (applied.join() === migrations.join()) return;
  const last = (names: readonly string[]) => names.at(-1) ?? 'none';
  throw new NotRestorableError(
    `the backup was made at migration ${last(migrations)}, the database is at ${last(applied)}: migrate an empty ` +
      'database with the version that made the backup, restore, and migrate on',
  );
}

/** Against whoever would use the ledger before it is whole. */
async function hold(client: Client, tables: readonly DumpedTable[]): Promise<void> {
  const names = tables.map(({ name }) => quoted(name)).join(', ');
  try {
    await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    throw new NotRestorableError('somebody is using the database: stop every api and worker first');
  }
}

async function holdEmpty(client: Client): Promise<void> {
  const tables = await describeTables(client);
  await hold(client, tables);
  for (const { name } of tables.filter((table) => !SEEDED.includes(table.name))) {
    const { rows } = await client.query(`SELECT FROM ${quoted(name)} LIMIT 1`);
    if (rows.length > 0) {
      throw new NotRestorableError(
        `the database is not empty: there are rows in ${name}. Restore into a new one`,
      );
    }
  }
  for (const name of SEEDED) await client.query(`DELETE FROM ${quoted(name)}`);
}

async function load(
  client: Client,
  { name, columns }: DumpedTable,
  rows: AsyncIterable<Uint8Array>,
): Promise<number> {
  const copy = client.query(copyFrom(`COPY ${quoted(name)} (${columns.map(quoted).join(', ')}) FROM STDIN`));
  const loaded = finished(copy);
  loaded.catch(() => undefined); // awaited below, or overtaken by what broke first
  for await (const chunk of rows) {
    if (!copy.write(chunk)) await Promise.race([once(copy, 'drain'), loaded]);
  }
  copy.end();
  await loaded;
  return copy.rowCount;
}

/**
 * Lends `work` an empty, migrated ledger in a transaction that is committed where `work` succeeds. Throws
 * {@link NotRestorableError} where the database has rows, or another schema than that of the migrations named.
 */
export async function withEmptyLedger<T>(
  options: { readonly url: string; readonly migrations: readonly string[]; readonly signal: AbortSignal },
  work: (target: LedgerTarget) => Promise<T>,
): Promise<T> {
  const { url, migrations, signal } = options;
  return inOneTransaction({ url, begin: 'BEGIN', signal }, async (client) => {
    await refuseOtherSchema(client, migrations);
    await holdEmpty(client);
    return work({
      load: (table, rows) => load(client, table, rows),
      setSequences: async (states) => {
        for (const { name, lastValue, isCalled } of states) {
          await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [
            quoted(name),
            lastValue,
            isCalled,
          ]);
        }
      },
    });
  });
}
