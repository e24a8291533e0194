/** Rows for a ledger that is to be backed up: two in every table, one of them with a value in every column. */
import type { Client } from 'pg';

/** Everything COPY has to escape, and what it gives a meaning of its own. */
const HARD_TEXT = `E'tab\\there, line\\nbreak, \\r, \\\\N, \\\\. "quoted" \\b\\f\\v ü 🦆 \\u0001'`;

/** SQL of a value of each type, for the first row and for the second; the same in all tables, so that keys meet. */
const VALUES: Readonly<Record<string, readonly [string, string]>> = {
  text: [HARD_TEXT, `''`],
  integer: ['1', '2'],
  smallint: ['-32768', '7'],
  // Beyond what a double holds.
  bigint: ['9007199254740993', '9223372036854775800'],
  boolean: ['true', 'false'],
  uuid: [`'00000000-0000-4000-8000-000000000001'`, `'00000000-0000-4000-8000-000000000002'`],
  'timestamp with time zone': [`'2025-11-28 02:00:00.123456+00'`, `'infinity'`],
  'double precision': ['0.1::float8 + 0.2', `'NaN'`],
  numeric: ['12345678901234567890.00012300', '-0.5'],
  jsonb: [`jsonb_build_object('a', ${HARD_TEXT}, 'b', 1.50)`, `'null'`],
  bytea: [`'\\x000a5c4eff'`, `''`],
  'text[]': [`ARRAY[${HARD_TEXT}, '', NULL, '{a,b}']`, `'{}'`],
  'timestamp with time zone[]': [`ARRAY['2025-11-28 02:00:00.000001+00'::timestamptz, 'infinity']`, `'{}'`],
};

/** Where a constraint asks for another value. `null` as it stands; for the second row alone behind `2.` */
const CONSTRAINED: Readonly<Record<string, string>> = {
  'attached_file.state': `'kept'`,
  '2.attached_file.state': `'gone'`,
  'file_run.kind': `'retention'`,
  '2.file_run.kind': `'orphans'`,
  'job_outcome.error': 'null',
  '2.job_outcome.error': `'failed'`,
  'lease.state': `'draining'`,
  '2.lease.state': `'closed'`,
  'lease_entry.kind': `'id'`,
  'listed_store.kind': `'held'`,
  'provider_file_uploads.sha256': `repeat('0f', 32)`,
  '2.provider_file_uploads.sha256': `repeat('a1', 32)`,
  'provider_file_uploads.upload_status': `'deleted'`,
  '2.provider_file_uploads.upload_status': `'pending'`,
  'provider_file_uploads.deletion_reason': `'manual'`,
  '2.provider_file_uploads.deletion_reason': 'null',
  'provider_file_uploads.claims': 'false',
  'provider_limit.open_reason': `'failing'`,
  '2.provider_limit.open_reason': 'null',
  'store.state': `'held'`,
  '2.store.state': `'deleted'`,
};

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

const COLUMNS = `
SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
  a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_migration'
ORDER BY c.relname, a.attnum`;

function valueOf({ table, name, type }: Column, row: 0 | 1): string {
  const key = `${table}.${name}`;
  const constrained = (row === 1 ? CONSTRAINED[`2.${key}`] : undefined) ?? CONSTRAINED[key];
  const value = constrained ?? VALUES[type]?.[row];
  if (value === undefined) throw new Error(`no value for ${key} of type ${type}`);
  return value;
}

/** Columns with a default, or that may be null, stay so in the second row; identities are given, to meet foreign keys. */
function insert(columns: readonly Column[], row: 0 | 1): string {
  const [{ table } = { table: '' }] = columns;
  const isGiven = (column: Column) =>
    row === 0 ||
    column.required ||
    `2.${table}.${column.name}` in CONSTRAINED ||
    IDENTITIES.has(`${table}.${column.name}`);
  const given = columns.filter(isGiven);
  const names = given.map((column) => column.name).join(', ');
  const values = given.map((column) => valueOf(column, row)).join(', ');
  return `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE VALUES (${values})`;
}

/** What the second rows of other tables refer to. */
const IDENTITIES = new Set(['account.account_id', 'file.file_key', 'sweep_run.run_id']);

/** Fills every table of a migrated ledger. The connection has to be a superuser's. */
export async function fillEveryTable(client: Client): Promise<void> {
  const columns = (await client.query<Column>(COLUMNS)).rows;
  const tables = Map.groupBy(columns, ({ table }) => table);
  // In any order: that keys meet is checked where the rows are loaded.
  await client.query(`BEGIN; SET LOCAL session_replication_role = replica`);
  for (const [table, own] of tables) {
    const isSingle = own.some(({ name }) => name === 'singleton');
    if (isSingle) await client.query(`DELETE FROM ${table}`);
    await client.query(insert(own, 0));
    if (!isSingle) await client.query(insert(own, 1));
  }
  await client.query('COMMIT');
}
