import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
const TABLE = 'schema_migration';
/** Any constant will do as long as every starter uses the same one; other programs' locks stay apart. */
const LOCK = 5_183_926_447;
/** Longest wait for other starters and for the migrations themselves. */
const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The ledger was migrated by a newer version than this one. */
export class SchemaTooNewError extends Error {
  constructor(unknown: readonly string[]) {
    super(
      `The ledger's schema is newer than this version: it has ${unknown.join(', ')}. ` +
        'Start the version that made it, or a newer one.',
    );
    this.name = 'SchemaTooNewError';
  }
}

async function knownMigrations(): Promise<readonly string[]> {
  const files = await readdir(MIGRATIONS);
  return files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -'.sql'.length));
}

async function refuseNewer(client: Client): Promise<void> {
  const table = await client.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [
    TABLE,
  ]);
  if (table.rows[0]?.found === null) return;
  const known = new Set(await knownMigrations());
  const applied = await client.query<{ name: string }>(`SELECT name FROM ${TABLE} ORDER BY id`);
  const unknown = applied.rows.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);
}

/**
 * Brings the ledger to this version's schema. Concurrent starters wait for one another.
 *
 * @returns names of the migrations that were applied.
 * @throws SchemaTooNewError when the ledger knows a migration that this version does not.
 */
export async function migrate(url: string): Promise<readonly string[]> {
  const client = new Client({
    connectionString: url,
    application_name: 'loiter-killer-migrate',
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // a broken connection also fails the query that notices it
  await client.connect();
  try {
    await refuseNewer(client);
    const applied = await applyMigrations(client);
    await refuseNewer(client); // a newer starter may have held the lock before us
    return applied;
  } finally {
    await client.end();
  }
}

async function applyMigrations(client: Client): Promise<readonly string[]> {
  try {
    const applied = await runner({
      dbClient: client,
      dir: fileURLToPath(MIGRATIONS),
      migrationsTable: TABLE,
      direction: 'up',
      advisoryLockMode: 'wait',
      lockValue: LOCK,
      checkOrder: true,
      log: () => undefined,
    });
    return applied.map((migration) => migration.name);
  } catch (error) {
    await client.query('ROLLBACK'); // of the migration that failed; else nothing more can be asked
    await refuseNewer(client); // says it better than the library's complaint about the order
    throw error;
  }
}
