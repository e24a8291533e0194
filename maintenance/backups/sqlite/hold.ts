import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { RestoreError } from '../restore-error.ts';

/** Long enough for a saver that is just writing; who has the database open keeps it for hours. */
const BUSY_TIMEOUT_MS = 2_000;
const IN_USE =
  'the database cannot be held exclusively: another program has it open. Stop it first; --force does not wait for it, ' +
  'and it goes on with the old database until it is started anew';

/** SQLite's numbers for a lock that somebody else has. */
const LOCKED = new Set([5, 6]);

/** SQLite itself cannot open or read it, so its locks tell nothing. */
const unreadable = (error: unknown) =>
  `whether other programs have the database open cannot be told, for it cannot be read (${String(error)}). ` +
  'Stop them first, then use --force';

function numberOf(error: unknown): number {
  const number = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return number & 0xff; // the rest of an extended code only says more
}

/**
 * Holds a database so that nobody else has it open (with a write-ahead log) or is using it, with everything that
 * was committed in its one file and no file beside it; the caller lets go. Throws {@link RestoreError} `in_use`.
 */
export function holdExclusively(path: string): { readonly release: () => void } {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', 'rw');
  const database = new DatabaseSync(url, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Before anything is read: who has a write-ahead log open holds a lock that only this way of opening meets.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    // Takes the log in and removes it. The old database stays as complete as it was, the new one meets no old log.
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
    // An exclusive lock leaves an empty journal behind.
    rmSync(`${path}-journal`, { force: true });
  } catch (error) {
    database.close();
    throw new RestoreError('in_use', LOCKED.has(numberOf(error)) ? IN_USE : unreadable(error));
  }
  return {
    release: () => {
      database.exec('ROLLBACK');
      database.close();
    },
  };
}
