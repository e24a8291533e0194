import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** A copy that is not what it should be. */
export class DamagedBackupError extends Error {}

/**
 * Throws {@link DamagedBackupError} unless SQLite finds the file sound from its first page to its last. The file must
 * be one that nobody writes to: nothing is locked, and no files appear beside it. Takes as long as reading it.
 */
export function checkIntegrity(path: string): void {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  let found: string;
  try {
    const database = new DatabaseSync(url, { readOnly: true });
    try {
      found = String(database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']);
    } finally {
      database.close();
    }
  } catch (error) {
    throw new DamagedBackupError(`not a sound SQLite database: ${String(error)}`);
  }
  if (found !== 'ok') throw new DamagedBackupError(`not a sound SQLite database: ${found}`);
}
