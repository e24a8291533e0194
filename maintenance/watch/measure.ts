import { lstatSync, opendirSync, realpathSync, type Dir } from 'node:fs';
import { asPath, toBytes } from '../bytes.ts';
import { errorCode } from '../error-code.ts';
import { canPin, closePlace, openBelow, openRoot, type Place } from '../place.ts';

/** Each level keeps two descriptors open; what lies deeper is not looked at. */
const MOST_LEVELS = 128;
/** Entries read in one go. */
const BUFFERED = 1_024;

/** What lies in a directory and all below it: regular files alone, each by its length. */
export interface Content {
  readonly bytes: number;
  readonly files: number;
}

interface Walk {
  readonly throwIfStopped: () => void;
  readonly pinned: boolean;
  bytes: number;
  files: number;
}

/**
 * Measures a directory. It may be a symbolic link itself; none below it is followed. What vanishes meanwhile or may not
 * be looked at is left out. Its memory does not grow with the number of files. Undefined where there is no such
 * directory, or it cannot be read. Throws what `throwIfStopped` throws.
 */
export function measure(path: string, throwIfStopped: () => void): Content | undefined {
  const walk: Walk = { throwIfStopped, pinned: canPin(), bytes: 0, files: 0 };
  const root = attempt(() => openRoot(realpathSync.native(asPath(toBytes(path)), 'latin1'), walk.pinned));
  if (root === undefined) return undefined;
  const wasRead = walkPlace(walk, root, 0);
  return wasRead ? { bytes: walk.bytes, files: walk.files } : undefined;
}

/** Undefined where the system says no. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    errorCode(error);
    return undefined;
  }
}

/** Closes the place; false where it could not be read at all. */
function walkPlace(walk: Walk, place: Place, level: number): boolean {
  try {
    const options = { bufferSize: BUFFERED, encoding: 'latin1' } as const;
    const directory = attempt(() => opendirSync(asPath(place.hold), options));
    if (directory === undefined) return false;
    try {
      walkEntries(walk, { place, level }, directory);
    } finally {
      directory.closeSync();
    }
    return true;
  } finally {
    closePlace(place);
  }
}

function walkEntries(
  walk: Walk,
  { place, level }: { readonly place: Place; readonly level: number },
  directory: Dir,
): void {
  for (;;) {
    walk.throwIfStopped();
    const entry = attempt(() => directory.readSync());
    if (entry === null || entry === undefined) return;
    if (entry.isFile()) add(walk, place, entry.name);
    else if (entry.isDirectory() && level < MOST_LEVELS) {
      const below = attempt(() => openBelow(place, entry.name, walk.pinned));
      if (below !== undefined) walkPlace(walk, below, level + 1);
    }
  }
}

function add(walk: Walk, place: Place, name: string): void {
  const seen = attempt(() => lstatSync(asPath(place.look + name)));
  if (seen?.isFile() !== true) return;
  walk.files += 1;
  walk.bytes += seen.size;
}
