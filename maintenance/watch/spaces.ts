import { statfs } from 'node:fs/promises';
import { atMost } from '../at-most.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** What a scrape waits for a file system; one that takes longer has no value. */
const LIMIT_MS = 1_000;
/** Each keeps one of the four threads of Node's pool. */
const MOST_SILENT = 2;

export interface WatchedDirectory {
  /** A word of ours for what it is there for. */
  readonly name: string;
  readonly path: string;
}

/** Of a file system, in bytes. */
export interface Space {
  readonly free: number;
  readonly size: number;
}

/** Asks a file system for its space; as `statfs` of `node:fs`. */
export type AskSpace = (
  path: string,
) => Promise<{ readonly bsize: number; readonly bavail: number; readonly blocks: number }>;

/**
 * The space there is now, by the directories' names; ends in bounded time. One that did not answer is not asked again
 * before it has, and several are a dead disk with all that lies on it.
 */
export function watchSpaces(
  directories: readonly WatchedDirectory[],
  ask: AskSpace = statfs,
): () => Promise<ReadonlyMap<string, Space>> {
  const spaces = new Map<string, Space>();
  const silent = new Set<string>();
  const lookAt = async ({ name, path }: WatchedDirectory): Promise<void> => {
    if (silent.has(name) || silent.size >= MOST_SILENT) return;
    silent.add(name);
    const asking = spaceOf(path, ask).then((space) => {
      silent.delete(name);
      if (space !== undefined) spaces.set(name, space);
    });
    await atMost(LIMIT_MS, asking);
  };
  return oneAtATime(async () => {
    spaces.clear();
    for (const directory of directories) await lookAt(directory);
    return spaces;
  });
}

async function spaceOf(path: string, ask: AskSpace): Promise<Space | undefined> {
  try {
    const { bsize, bavail, blocks } = await ask(path);
    return { free: bavail * bsize, size: blocks * bsize };
  } catch {
    return undefined;
  }
}
