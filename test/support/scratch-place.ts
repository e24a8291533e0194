import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux's file system in memory. */
const IN_MEMORY = '/dev/shm';
/** Eight times of what a run was seen to hold at most. */
const ROOM_BYTES = 8 * 1024 ** 3;

/**
 * Where a test run keeps its servers and what they write: in memory, where there is plenty of it, and programs can be run
 * from there. A run makes and drops a thousand databases, and a disk takes more time for them than the tests themselves.
 */
export const scratchPlace = (): string => (hasRoom() && runsPrograms() ? IN_MEMORY : tmpdir());

/** Every place in which a run may have left something. */
export const scratchPlaces = (): readonly string[] => [IN_MEMORY, tmpdir()];

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES;
  } catch {
    return false;
  }
}

/** Containers may have it mounted so that nothing in it can be run. */
function runsPrograms(): boolean {
  try {
    const directory = mkdtempSync(join(IN_MEMORY, 'loiter-killer-probe-'));
    try {
      const program = join(directory, 'program');
      writeFileSync(program, '', { mode: 0o700 });
      accessSync(program, constants.X_OK);
      return true;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  } catch {
    return false;
  }
}
