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

/** False on a disk without hard links. Throws `EEXIST` where the name is taken. */
function linked(target: string, kept: string, link: typeof linkSync): boolean {
  try {
    link(target, kept);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw error;
    if (existsSync(kept)) throw Object.assign(new Error(`EEXIST: ${kept}`), { code: 'EEXIST' });
    return false;
  }
}

/**
 * Puts `incoming` in the place of `target`, which stays under the name `kept`, together with a log that was not taken
 * in. No log of the old database is left where the new one would take it for its own. With hard links there is a database
 * under the name at every moment; without, there is none between two steps, because a copy of one that others write to
 * would be torn. False where the new one could not be given to whom the old one belongs. A failure leaves all as it was, but
 * for a second name of the old database.
 */
export function swapIn(
  incoming: string,
  { target, kept }: { readonly target: string; readonly kept: string },
  link: typeof linkSync = linkSync,
): boolean {
  const replaces = existsSync(target);
  const isTheirs = !replaces || takeOver(incoming, target);
  const stays = !replaces || linked(target, kept, link);
  const moved: (readonly [from: string, to: string])[] = [];
  const move = (from: string, to: string): void => {
    renameSync(from, to);
    moved.unshift([from, to]);
  };
  try {
    for (const suffix of BESIDE) {
      if (!existsSync(target + suffix)) continue;
      if (replaces && suffix !== '-shm') move(target + suffix, kept + suffix);
      else rmSync(target + suffix, { force: true });
    }
    if (!stays) move(target, kept);
    renameSync(incoming, target);
  } catch (error) {
    for (const [from, to] of moved) renameSync(to, from);
    throw error;
  }
  sync(dirname(target));
  return isTheirs;
}
