import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBackupName } from '../../domain/backup-name.ts';
import { hasCode } from '../../domain/has-code.ts';
import type { BackupEntry, BackupWish } from './contract.ts';
import { listBackups } from './list.ts';
import { FILE_MODE, syncDirectory } from './place.ts';

/** As Temporal gives them; nothing else becomes part of a file's name. */
const RUN_ID = /^[\da-f-]{36}$/;
/** A mark as it is called in the directory. */
export const MARK = /^\.run_(memory|ledger)_[\da-f-]{36}$/;

function markOf(directory: string, { kind, runId }: BackupWish): string | undefined {
  return runId !== undefined && RUN_ID.test(runId) ? join(directory, `.run_${kind}_${runId}`) : undefined;
}

/**
 * Notes which backup the run is about to publish. A worker that dies before it has said that it is done is followed by
 * another, which finds the backup by this, and makes no second one that would push out an older one.
 */
export async function markRun(directory: string, wish: BackupWish, filename: string): Promise<void> {
  const path = markOf(directory, wish);
  if (path === undefined) return;
  const mark = await open(path, 'w', FILE_MODE);
  try {
    await mark.writeFile(filename);
    await mark.sync();
  } finally {
    await mark.close();
  }
  await syncDirectory(directory);
}

/** The backup that an earlier try of the run has published, if it has, and if it is there yet. */
export async function publishedBefore(directory: string, wish: BackupWish): Promise<BackupEntry | undefined> {
  const path = markOf(directory, wish);
  if (path === undefined) return undefined;
  let filename: string;
  try {
    filename = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (parseBackupName(filename)?.kind !== wish.kind) return undefined;
  return (await listBackups(directory)).find((backup) => backup.filename === filename);
}
