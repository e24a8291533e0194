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
/** As `chown` has it. */
const KEEP_OWNER = -1;

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

/** Tells whether it may be done. */
function chown(path: string, uid: number, gid: number): boolean {
  try {
    chownSync(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whoever could use the old database can use the new one. False where that is not to be had: only root may give a file
 * away, and others can give it to a group of theirs.
 */
function takeOver(incoming: string, target: string): boolean {
  const { mode, uid, gid } = statSync(target);
  chmodSync(incoming, mode & 0o777);
  if (chown(incoming, uid, gid)) return true;
  chown(incoming, KEEP_OWNER, gid);
  const now = statSync(incoming);
  return now.uid === uid && now.gid === gid;
}

export interface SwapOptions {
  /** Whether nobody else can have the old database open. */
  readonly held: boolean;
  /** As `linkSync` of `node:fs`. */
  readonly link?: typeof linkSync;
}

/**
 * A second name for the old database: at no moment is there none under the first, but on a disk without hard links where
 * others may be writing to it, since a copy of it would be torn.
 */
function keep(target: string, kept: string, { held, link = linkSync }: SwapOptions): void {
  try {
    link(target, kept);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw error;
    if (held) copyBeside(target, kept);
    else renameSync(target, kept);
  }
}

/**
 * Puts `incoming` in the place of `target`, which stays under the name `kept`, together with a log that was not taken
 * in. No log of the old database is left where the new one would take it for its own. False where the new one could not
 * be given to whom the old one belongs.
 */
export function swapIn(
  incoming: string,
  { target, kept }: { readonly target: string; readonly kept: string },
  options: SwapOptions,
): boolean {
  const replaces = existsSync(target);
  const isTheirs = !replaces || takeOver(incoming, target);
  if (replaces) keep(target, kept, options);
  for (const suffix of BESIDE) {
    if (!existsSync(target + suffix)) continue;
    if (replaces && suffix !== '-shm') renameSync(target + suffix, kept + suffix);
    else rmSync(target + suffix, { force: true });
  }
  renameSync(incoming, target);
  sync(dirname(target));
  return isTheirs;
}
