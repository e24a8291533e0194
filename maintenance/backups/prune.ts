import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupName } from '../../domain/backup-name.ts';
import { findBackups } from './list.ts';
import { MARK } from './run-mark.ts';

/**
 * What is as old was left by a process that died: a backup may take six hours, and while it is checked, its file does not
 * change.
 */
const LEFTOVER_MS = 7 * 60 * 60_000;
const LEFTOVER =
  /^\.(memory|ledger)_backup_\d{8}_\d{6}_\d{3}(_manual)?\.(db|tar\.gz)\.tmp(-journal|-wal|-shm|-mark)?$/;

/** A run waits for a worker for as long as it takes; after a week, one backup more is the least of its troubles. */
const MARK_MS = 7 * 24 * 60 * 60_000;

/** Deletes a file that may be gone already. */
export type Remove = (path: string) => Promise<void>;
const removeFile: Remove = (path) => rm(path, { force: true });

export interface Pruned {
  readonly removed: readonly string[];
  /** Names of those that could not be deleted, and why. */
  readonly failed: readonly { readonly filename: string; readonly error: unknown }[];
}

interface Doomed {
  readonly filename: string;
  readonly path: string;
}

/** One that cannot be deleted is no reason to keep the others. */
async function removeEach(doomed: readonly Doomed[], remove: Remove): Promise<Pruned> {
  const removed: string[] = [];
  const failed: { filename: string; error: unknown }[] = [];
  for (const { filename, path } of doomed) {
    try {
      await remove(path);
      removed.push(filename);
    } catch (error) {
      failed.push({ filename, error });
    }
  }
  return { removed, failed };
}

/**
 * Deletes all but the newest `keep` of one kind, nightly and manual ones apart, the oldest first; never the one that was
 * just made, whatever the clock has done.
 */
export async function pruneBackups(
  directory: string,
  made: Pick<BackupName, 'kind' | 'manual'> & { readonly filename: string },
  { keep, remove = removeFile }: { readonly keep: number; readonly remove?: Remove | undefined },
): Promise<Pruned> {
  const alike = (await findBackups(directory)).filter(
    ({ kind, manual }) => kind === made.kind && manual === made.manual,
  );
  const tooMany = alike.slice(keep).filter(({ entry }) => entry.filename !== made.filename);
  return removeEach(
    tooMany.toReversed().map(({ entry }) => entry),
    remove,
  );
}

/** Deletes what dead processes have left half written, and the marks of runs that are over. */
export async function removeLeftovers(
  directory: string,
  nowMs: number,
  remove: Remove = removeFile,
): Promise<Pruned> {
  const leftovers: Doomed[] = [];
  for (const filename of await readdir(directory)) {
    const path = join(directory, filename);
    const limitMs = LEFTOVER.test(filename) ? LEFTOVER_MS : MARK.test(filename) ? MARK_MS : undefined;
    if (limitMs !== undefined && (await isOlder(path, nowMs - limitMs))) leftovers.push({ filename, path });
  }
  return removeEach(leftovers, remove);
}

async function isOlder(path: string, thanMs: number): Promise<boolean> {
  try {
    return (await lstat(path)).mtimeMs < thanMs;
  } catch {
    return false; // gone meanwhile
  }
}
