import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBackupName, type BackupName } from '../../domain/backup-name.ts';
import type { BackupEntry } from './contract.ts';
import { hasCode } from '../../domain/has-code.ts';

/** A listed backup with what its name says. */
export interface ListedBackup extends BackupName {
  readonly entry: BackupEntry;
}

async function look(directory: string, filename: string): Promise<readonly ListedBackup[]> {
  const name = parseBackupName(filename);
  if (name === undefined) return [];
  const path = join(directory, filename);
  try {
    // Not followed: a link is none of ours, whatever it is called.
    const found = await lstat(path);
    if (!found.isFile()) return [];
    const created_at = new Date(name.takenAtMs).toISOString();
    return [{ ...name, entry: { filename, path, size_bytes: found.size, created_at } }];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []; // pruned meanwhile
    throw error;
  }
}

/** The finished backups of the directory, newest first; none where there is no directory yet. */
export async function findBackups(directory: string): Promise<readonly ListedBackup[]> {
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  const found: ListedBackup[] = [];
  for (const name of names) found.push(...(await look(directory, name)));
  return found.toSorted(
    (one, other) => other.takenAtMs - one.takenAtMs || (one.entry.filename < other.entry.filename ? 1 : -1),
  );
}

/** The finished backups as they are shown to callers, newest first. */
export async function listBackups(directory: string): Promise<readonly BackupEntry[]> {
  return (await findBackups(directory)).map(({ entry }) => entry);
}
