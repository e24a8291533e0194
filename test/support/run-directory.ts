import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { endLeftovers } from '../../dev/processes/registry.ts';
import { takeLock } from '../../dev/processes/pid-lock.ts';
import { scratchPlace, scratchPlaces } from './scratch-place.ts';

/** The directory of this test run, as the global set-up made it; one of its own where there was none. */
export function runDirectory(): string {
  const shared = inject('runDirectory');
  return shared ?? ownRunDirectory();
}

let own: RunDirectory | undefined;

function ownRunDirectory(): string {
  own ??= makeRunDirectory();
  return own.directory;
}

/** Removes the directory of a test file that had one to itself. */
export function removeOwnRunDirectory(): void {
  own?.remove();
  own = undefined;
}

export interface RunDirectory {
  readonly directory: string;
  /** Removes it and everything in it. */
  remove(): void;
}

/**
 * A directory for servers and logs of this run. Runs that were killed are recognised by their lock: their
 * processes are ended and their directories removed.
 */
export function makeRunDirectory(): RunDirectory {
  const parent = runsDirectory(scratchPlace());
  mkdirSync(parent, { recursive: true });
  // PostgreSQL runs as another user where we are root, and has to get through to its data.
  chmodSync(parent, 0o711);
  const name = `${process.pid}-${Date.now()}`;
  const directory = join(parent, `run-${name}`);
  // Locked before it has the name that marks a run: another run would take it for a dead one.
  const unlocked = join(parent, `new-${name}`);
  mkdirSync(unlocked, { mode: 0o711 });
  takeLock(join(unlocked, 'lock'));
  renameSync(unlocked, directory);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', () => {
    // A run that was interrupted leaves servers behind: their notes are what the next run ends them by.
    if (entriesOf(join(directory, 'processes')).length === 0) remove();
  });
  return { directory, remove };
}

/** Ends what killed runs left behind. */
export async function endKilledRuns(): Promise<void> {
  for (const place of scratchPlaces()) {
    const parent = runsDirectory(place);
    for (const name of namesIn(parent)) await endKilledRun(join(parent, name));
  }
}

async function endKilledRun(directory: string): Promise<void> {
  try {
    takeLock(join(directory, 'lock'));
  } catch {
    return; // That run is still under way.
  }
  await endLeftovers(join(directory, 'processes'));
  rmSync(directory, { recursive: true, force: true });
}

const runsDirectory = (place: string) => join(place, `loiter-killer-test-${userInfo().uid}`);

function namesIn(directory: string): string[] {
  return entriesOf(directory).filter((name) => name.startsWith('run-'));
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
