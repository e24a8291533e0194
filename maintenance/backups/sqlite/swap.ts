import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../../domain/has-code.ts';

/** Files that SQLite may keep beside a database; what is in them belongs to that database alone. */
const BESIDE = ['-wal', '-shm', '-journal'];

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A copy on the target's own disk, so that it can take the target's place in one step. */
export function copyBeside(source: string, target: string): void {
  copyFileSync(source, target, constants.COPYFILE_EXCL);
  sync(target);
}

/** Whoever could use the old database can use the new one. */
function takeOver(incoming: string, target: string): void {
  const { mode, uid, gid } = statSync(target);
  chmodSync(incoming, mode & 0o777);
  try {
    chownSync(incoming, uid, gid);
  } catch {
    // Only root may give a file away; else it belongs to whoever restores.
  }
}

/** A second name for the old database: at no moment is there none under the first. */
function keep(target: string, kept: string): void {
  try {
    linkSync(target, kept);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw error;
    copyBeside(target, kept); // a disk without hard links
  }
}

/**
 * Puts `incoming` in the place of `target`, which stays under the name `kept`, together with a log that was not taken
 * in. No log of the old database is left where the new one would take it for its own.
 */
export function swapIn(incoming: string, target: string, kept: string): void {
  const replaces = existsSync(target);
  if (replaces) {
    takeOver(incoming, target);
    keep(target, kept);
  }
  for (const suffix of BESIDE) {
    if (!existsSync(target + suffix)) continue;
    if (replaces && suffix !== '-shm') renameSync(target + suffix, kept + suffix);
    else rmSync(target + suffix, { force: true });
  }
  renameSync(incoming, target);
  sync(dirname(target));
}
