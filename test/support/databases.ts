import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { atFileEnd } from './file-end.ts';

/** Name of the migrated database that the global set-up makes. */
const TEMPLATE = 'ledger_template';

/**
 * A migrated ledger of its own on the shared server, until the test file ends; returns its connection string. `empty`
 * leaves the schema out.
 */
export async function createDatabase(label = 'ledger', options: { empty?: boolean } = {}): Promise<string> {
  const name = `${label.replace(/[^a-z0-9_]/g, '_').slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  const from = options.empty === true ? 'template0' : TEMPLATE;
  // Copied as files, with what PostgreSQL has already found out about the tables.
  await onServer((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY FILE_COPY`));
  if (made.length === 0) atFileEnd(dropDatabases);
  made.push(name);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
}

let made: string[] = [];

/** A thousand of them at 9 MB would be written to the disk, and cost more than the tests. */
async function dropDatabases(): Promise<void> {
  const names = made;
  made = [];
  await onServer(async (client) => {
    for (const name of names) await dropDatabase(client, name);
  });
}

/** Connections that are being closed are waited for: one that is cut would be an error of whoever closes it. */
async function dropDatabase(client: Client, name: string): Promise<void> {
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
  } catch {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
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
