import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupName } from '../../domain/backup-name.ts';
import { findBackups } from './list.ts';

/** What is being written is younger; what is as old was left by a process that died. */
const LEFTOVER_MS = 60 * 60_000;
const LEFTOVER =
  /^\.(memory|ledger)_backup_\d{8}_\d{6}_\d{3}(_manual)?\.(db|tar\.gz)\.tmp(-journal|-wal|-shm)?$/;

/**
 * Deletes all but the newest `keep` of one kind, nightly and manual ones apart; never the one that was just made,
 * whatever the clock has done. Returns their names.
 */
export async function pruneBackups(
  directory: string,
  made: Pick<BackupName, 'kind' | 'manual'> & { readonly filename: string },
  keep: number,
): Promise<readonly string[]> {
  const alike = (await findBackups(directory)).filter(
    ({ kind, manual }) => kind === made.kind && manual === made.manual,
  );
  const tooMany = alike.slice(keep).filter(({ entry }) => entry.filename !== made.filename);
  for (const { entry } of tooMany) await rm(entry.path, { force: true });
  return tooMany.map(({ entry }) => entry.filename);
}

/** Deletes what dead processes have left half written; returns the names. */
export async function removeLeftovers(directory: string, nowMs: number): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!LEFTOVER.test(name) || !(await isOld(path, nowMs))) continue;
    await rm(path, { force: true });
    removed.push(name);
  }
  return removed;
}

async function isOld(path: string, nowMs: number): Promise<boolean> {
  try {
    return nowMs - (await lstat(path)).mtimeMs > LEFTOVER_MS;
  } catch {
    return false; // gone meanwhile
  }
}
