import type { Client } from 'pg';

/** A table as a dump holds it. */
export interface DumpedTable {
  readonly name: string;
  /** In the order of the copied values; generated columns make themselves anew. */
  readonly columns: readonly string[];
}

export interface SequenceState {
  readonly name: string;
  /** A bigint as text. */
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** The library's own table, which says which migrations were applied. */
const MIGRATIONS = 'schema_migration';

const TABLES = `
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> $1
GROUP BY c.relname ORDER BY c.relname COLLATE "C"`;
const REFERENCES = `
SELECT DISTINCT c.relname AS name, f.relname AS needs
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace AND k.conrelid <> k.confrelid`;
const SEQUENCES = `
SELECT c.relname AS name FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S'
  AND c.relname <> split_part(coalesce(pg_get_serial_sequence($1, 'id'), ''), '.', 2)
ORDER BY c.relname COLLATE "C"`;

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Every table of the ledger, each behind those that it refers to. */
export async function describeTables(client: Client): Promise<readonly DumpedTable[]> {
  const tables = (await client.query<DumpedTable>(TABLES, [MIGRATIONS])).rows;
  const references = (await client.query<{ name: string; needs: string }>(REFERENCES)).rows;
  const sorted: DumpedTable[] = [];
  const done = (name: string) => sorted.some((table) => table.name === name);
  while (sorted.length < tables.length) {
    const ready = tables.find(
      (table) =>
        !done(table.name) && references.every(({ name, needs }) => name !== table.name || done(needs)),
    );
    if (ready === undefined) throw new Error('tables of the ledger refer to one another in a circle');
    sorted.push(ready);
  }
  return sorted;
}

/** Names of the migrations that made this schema, in order. */
export async function appliedMigrations(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS} ORDER BY id`);
  return rows.map((row) => row.name);
}

/** Where every sequence stands. Not part of a snapshot: asked last, it is never behind the rows of one. */
export async function sequenceStates(client: Client): Promise<readonly SequenceState[]> {
  const { rows } = await client.query<{ name: string }>(SEQUENCES, [MIGRATIONS]);
  const states: SequenceState[] = [];
  for (const { name } of rows) {
    const found = await client.query<{ last_value: string; is_called: boolean }>(
      `SELECT last_value, is_called FROM ${quoted(name)}`,
    );
    const [state] = found.rows;
    if (state !== undefined) states.push({ name, lastValue: state.last_value, isCalled: state.is_called });
  }
  return states;
}
