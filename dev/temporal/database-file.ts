import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What SQLite keeps beside the file itself in WAL mode. */
const SUFFIXES = ['', '-wal', '-shm'];

/**
 * The dev server's database file in `directory`. The server makes its schema only in a new file and never migrates
 * it, so a file of another version is renamed; the sessions come back from the ledger.
 */
export function databaseFileFor(version: string, directory: string, say: (line: string) => void): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'temporal.db');
  const record = join(directory, 'version');
  const recorded = existsSync(record) ? readFileSync(record, 'utf8').trim() : 'unknown';
  if (existsSync(file) && recorded !== version) {
    const aside = `${file}.${recorded}-${new Date().toISOString().replace(/[:.]/g, '-')}`;
    for (const suffix of SUFFIXES) {
      if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
    }
    say(`Temporal is now ${version}, was ${recorded}: its database is set aside as ${aside}`);
  }
  writeFileSync(record, `${version}\n`);
  return file;
}
