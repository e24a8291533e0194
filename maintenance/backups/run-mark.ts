import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBackupName } from '../../domain/backup-name.ts';
import type { BackupEntry, BackupWish } from './contract.ts';
import { listBackups } from './list.ts';
import { FILE_MODE, syncDirectory, temporaryName } from './place.ts';

/** As Temporal gives them; nothing else becomes part of a file's name. */
const RUN_ID = /^[\da-f-]{36}$/;
/** A mark as it is called in the directory. */
export const MARK = /^\.run_(memory|ledger)_[\da-f-]{36}$/;

function markOf(directory: string, { kind, runId }: BackupWish): string | undefined {
  return runId !== undefined && RUN_ID.test(runId) ? join(directory, `.run_${kind}_${runId}`) : undefined;
}

/**
 * Notes which backup the run is about to publish, in one step. A worker that dies before it has said that it is done is
 * followed by another, which finds the backup by this, and makes no second one that would push out an older one.
 */
export async function markRun(directory: string, wish: BackupWish, filename: string): Promise<void> {
  const path = markOf(directory, wish);
  if (path === undefined) return;
  const unfinished = join(directory, `${temporaryName(filename)}-mark`);
  const mark = await open(unfinished, 'w', FILE_MODE);
  try {
    await mark.writeFile(filename);
    await mark.sync();
  } finally {
    await mark.close();
  }
  await rename(unfinished, path);
  await syncDirectory(directory);
}

/** The backup that another try of the run has published, if one has, and if it is there yet: on the disk, too. */
export async function publishedBefore(directory: string, wish: BackupWish): Promise<BackupEntry | undefined> {
  const path = markOf(directory, wish);
  if (path === undefined) return undefined;
  // One that cannot be read is none: a backup too many is better than none.
  const filename = await readFile(path, 'utf8').catch(() => '');
  if (parseBackupName(filename)?.kind !== wish.kind) return undefined;
  const found = (await listBackups(directory)).find((backup) => backup.filename === filename);
  // Whoever gave it its name may not have come to this.
  if (found !== undefined) await syncDirectory(directory);
  return found;
}
