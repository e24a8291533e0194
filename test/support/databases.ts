import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

/** Name of the migrated database that the global set-up makes. */
const TEMPLATE = 'ledger_template';

/**
 * A migrated ledger of its own on the shared server, for one test file or one test; returns its connection
 * string. `empty` leaves the schema out.
 */
export async function createDatabase(label = 'ledger', options: { empty?: boolean } = {}): Promise<string> {
  const name = `${label.replace(/[^a-z0-9_]/g, '_').slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  const from = options.empty === true ? 'template0' : TEMPLATE;
  await onServer((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${from}`));
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one piece of SQL against a database, with a connection of its own. */
export async function query<Row extends object>(
  databaseUrl: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function onServer(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
