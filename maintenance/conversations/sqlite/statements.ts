import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** The statement, prepared once for each database: compiling it takes longer than running it for a small thread. */
export function statement(database: DatabaseSync, sql: string): StatementSync {
  const known = prepared.get(database) ?? new Map<string, StatementSync>();
  prepared.set(database, known);
  const found = known.get(sql) ?? database.prepare(sql);
  known.set(sql, found);
  return found;
}

/** Rows that a statement has changed. */
export function changes(database: DatabaseSync, sql: string, values: readonly SQLInputValue[]): number {
  return Number(statement(database, sql).run(...values).changes);
}
