import { statfsSync } from 'node:fs';

/** Linux's file system in memory. */
const IN_MEMORY = '/dev/shm';
/** Eight times of what a run was seen to hold at most. */
const ROOM_BYTES = 8 * 1024 ** 3;

/**
 * Has this process and its children keep what they write for a moment in memory, where there is plenty of it and nobody
 * has named another place: a run makes and drops a thousand databases, and a disk takes more time for them than the
 * tests themselves.
 */
export function keepScratchInMemory(): void {
  if (process.env['TMPDIR'] === undefined && hasRoom()) process.env['TMPDIR'] = IN_MEMORY;
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES;
  } catch {
    return false;
  }
}
