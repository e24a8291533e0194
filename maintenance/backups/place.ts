import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backupFilename, type BackupName } from '../../domain/backup-name.ts';
import { hasCode } from '../../domain/has-code.ts';

/** Backups hold what was said in conversations, and keys to what the provider holds. */
const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;
/** Names that are tried, a millisecond apart: as many backups at once would have to be under way. */
const MOST_TRIES = 1_000;

/** A name that is taken, with the temporary file under which the backup is written. */
export interface BackupPlace {
  readonly name: BackupName;
  readonly filename: string;
  readonly path: string;
  readonly temporary: string;
}

/** The name under which a backup is written: never that of a finished one. */
export const temporaryName = (filename: string) => `.${filename}.tmp`;

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Makes the temporary file; false where somebody else has it, or has had it and is done. */
async function take({ path, temporary }: BackupPlace): Promise<boolean> {
  try {
    await (await open(temporary, 'wx', FILE_MODE)).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  if (!(await exists(path))) return true;
  await rm(temporary, { force: true });
  return false;
}

/** Takes a name of this moment, or of the next millisecond that nobody has taken, in this process or another. */
export async function takePlace(directory: string, wish: BackupName): Promise<BackupPlace> {
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const name = { ...wish, takenAtMs: wish.takenAtMs + tries };
    const filename = backupFilename(name);
    const temporary = join(directory, temporaryName(filename));
    const place = { name, filename, path: join(directory, filename), temporary };
    if (await take(place)) return place;
  }
  throw new Error('no free name for a backup');
}

/** Forces a directory's entries to the disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a finished and checked backup its name. */
export async function publish({ temporary, path }: BackupPlace): Promise<void> {
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** After a failure: nothing of it stays. */
export async function giveUpPlace({ temporary }: BackupPlace): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm', '-mark'])
    await rm(`${temporary}${suffix}`, { force: true });
}
