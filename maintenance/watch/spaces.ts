import { stat, statfs } from 'node:fs/promises';
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

interface Answer {
  readonly bsize: number;
  readonly bavail: number;
  readonly blocks: number;
  readonly dev: number;
}

/** Asks a file system for its space and its device; as `statfs` and `stat` of `node:fs`. */
export type AskSpace = (path: string) => Promise<Answer>;

const askNode: AskSpace = async (path) => ({ ...(await statfs(path)), dev: (await stat(path)).dev });

/**
 * The space there is now, by the directories' names; ends in bounded time. One that did not answer is not asked again
 * before it has, nor is another one of its device.
 */
export function watchSpaces(
  directories: readonly WatchedDirectory[],
  ask: AskSpace = askNode,
): () => Promise<ReadonlyMap<string, Space>> {
  const spaces = new Map<string, Space>();
  const silent = new Set<string>();
  const devices = new Map<string, number>();
  const isOnSilent = (name: string): boolean => {
    const device = devices.get(name);
    return device !== undefined && [...silent].some((one) => devices.get(one) === device);
  };
  const lookAt = async ({ name, path }: WatchedDirectory): Promise<void> => {
    if (silent.has(name) || silent.size >= MOST_SILENT || isOnSilent(name)) return;
    silent.add(name);
    const asking = answerOf(path, ask).then((answer) => {
      silent.delete(name);
      if (answer === undefined) return;
      devices.set(name, answer.dev);
      spaces.set(name, toSpace(answer));
    });
    await atMost(LIMIT_MS, asking);
  };
  return oneAtATime(async () => {
    spaces.clear();
    for (const directory of directories) await lookAt(directory);
    return spaces;
  });
}

const toSpace = ({ bsize, bavail, blocks }: Answer): Space => ({
  free: bavail * bsize,
  size: blocks * bsize,
});

async function answerOf(path: string, ask: AskSpace): Promise<Answer | undefined> {
  try {
    return await ask(path);
  } catch {
    return undefined;
  }
}
