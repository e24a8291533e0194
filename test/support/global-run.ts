import { endKilledRuns, makeRunDirectory, type RunDirectory } from './run-directory.ts';

/** What the global set-ups of several projects share: vitest loads them once per project, in one process. */
interface SharedRun {
  run: RunDirectory | undefined;
  readonly started: Map<string, SharedServer>;
}
interface SharedServer {
  users: number;
  readonly value: Promise<Stoppable>;
}
interface Stoppable {
  stop(): Promise<void>;
}

const KEY = Symbol.for('loiter-killer.test-run');
const holder = globalThis as unknown as Record<symbol, SharedRun | undefined>;
const shared: SharedRun = (holder[KEY] ??= emptyRun());

function emptyRun(): SharedRun {
  return { run: undefined, started: new Map<string, SharedServer>() };
}

/** The run's directory; the first caller ends what killed runs left. */
export async function globalRunDirectory(): Promise<string> {
  if (shared.run === undefined) {
    shared.run = makeRunDirectory();
    await endKilledRuns();
  }
  return shared.run.directory;
}

/** Starts a server for the first project that wants it; the others get the same. */
export async function shareServer<T extends Stoppable>(name: string, start: () => Promise<T>): Promise<T> {
  const known = shared.started.get(name) ?? { users: 0, value: start() };
  known.users += 1;
  shared.started.set(name, known);
  return (await known.value) as T;
}

/** Stops it with its last user. */
export async function unshareServer(name: string): Promise<void> {
  const known = shared.started.get(name);
  if (known === undefined) return;
  known.users -= 1;
  if (known.users > 0) return;
  shared.started.delete(name);
  await (await known.value).stop();
  if (shared.started.size > 0) return;
  shared.run?.remove();
  shared.run = undefined;
}
