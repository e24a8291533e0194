/**
 * Open directories. Node has no `unlinkat`; on Linux `/proc/self/fd/N/` in front of a name is the same: it is bound to
 * the directory itself, and whoever puts a symbolic link in its place meanwhile leads nobody astray. Elsewhere its path
 * is checked before each handful of files.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { asPath } from './bytes.ts';

const DESCRIPTORS = '/proc/self/fd/';
/** Linux takes 4096 bytes in one call, a name of 255 with them. */
const LONGEST_PATH = 3_800;
const OPEN = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export interface Place {
  readonly fd: number;
  /** The real path, as a byte string. */
  readonly path: string;
  /** What a name is put behind to be deleted or entered. */
  readonly hold: string;
  /** What a name is put behind to be looked at: a path is found three times as fast as a descriptor. */
  readonly look: string;
  /** Entries deleted here or, in a dry run, to be deleted. */
  removed: number;
  /** Asked in a dry run only. */
  writable?: boolean;
}

/** Whether this system names open directories by their descriptor. */
export function canPin(): boolean {
  const fd = openSync('/', OPEN);
  try {
    const [own, seen] = [fstatSync(fd), statSync(`${DESCRIPTORS}${fd}/.`, { throwIfNoEntry: false })];
    return seen !== undefined && own.ino === seen.ino && own.dev === seen.dev;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}

function placeAt(fd: number, path: string, pinned: boolean): Place {
  const hold = pinned ? `${DESCRIPTORS}${fd}/` : `${path}/`;
  const isPlain = path.length <= LONGEST_PATH && typeof asPath(path) === 'string';
  return { fd, path, hold, look: isPlain ? `${path}/` : hold, removed: 0 };
}

/** Opens the resolved directory. */
export function openRoot(path: string, pinned: boolean): Place {
  return placeAt(openSync(asPath(path), OPEN), path, pinned);
}

/** Opens a directory within an open one; a symbolic link is `ELOOP` or `ENOTDIR`. */
export function openBelow(parent: Place, name: string, pinned: boolean): Place {
  return placeAt(openSync(asPath(parent.hold + name), OPEN), `${parent.path}/${name}`, pinned);
}

/** Opens a directory below the resolved one, step by step, so that no symbolic link is followed. */
export function openAlong(root: string, path: string, pinned: boolean): Place {
  let place = openRoot(root, pinned);
  for (const name of path.slice(root.length).split('/').filter(Boolean)) {
    const above = place;
    try {
      place = openBelow(above, name, pinned);
    } finally {
      closePlace(above);
    }
  }
  return place;
}

export function closePlace(place: Place): void {
  closeSync(place.fd);
}

/** Whether the path still leads to the directory that was opened. */
export function isThere(place: Place, pinned: boolean): boolean {
  if (pinned) return true;
  try {
    const [own, seen] = [fstatSync(place.fd), lstatSync(asPath(place.path))];
    if (own.ino !== seen.ino || own.dev !== seen.dev) return false;
    return realpathSync.native(asPath(place.path), 'latin1') === place.path;
  } catch {
    return false;
  }
}

/** Whether entries can be deleted here, as far as one can tell without trying. */
export function isWritable(place: Place): boolean {
  if (place.writable === undefined) {
    try {
      accessSync(asPath(place.hold), constants.W_OK | constants.X_OK);
      place.writable = true;
    } catch {
      place.writable = false;
    }
  }
  return place.writable;
}
