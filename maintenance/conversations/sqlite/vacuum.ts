import type { DatabaseSync } from 'node:sqlite';

/** `PRAGMA auto_vacuum` of a database that gives pages back when it is told to. */
const INCREMENTAL = 2;
/** Pages in one step: 4 MB at the usual size, a few milliseconds. */
const PAGES = 1_000;

/**
 * One step of giving free pages back to the disk, where the database is set up for that; whether another may follow.
 */
export function vacuumStep(database: DatabaseSync): boolean {
  if (pragma(database, 'auto_vacuum') !== INCREMENTAL) return false;
  const before = pragma(database, 'freelist_count');
  if (before === 0) return false;
  database.exec(`PRAGMA incremental_vacuum(${PAGES})`);
  const after = pragma(database, 'freelist_count');
  return after > 0 && after < before;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
