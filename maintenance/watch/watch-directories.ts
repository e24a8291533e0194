import { statfs } from 'node:fs/promises';
import type { DirectoryReading } from '../../telemetry/metrics.ts';
import { atMost } from '../at-most.ts';
import { runInThread } from '../thread/run-in-thread.ts';
import type { Measured } from './measure-thread.ts';
import type { Content } from './measure.ts';
import { oneAtATime } from './one-at-a-time.ts';

const THREAD = new URL('./measure-thread.ts', import.meta.url);
/** What a scrape waits for a file system; one that takes longer has no value. */
const SPACE_LIMIT_MS = 1_000;

export interface WatchedDirectory {
  /** A word of ours for what it is there for. */
  readonly name: string;
  readonly path: string;
}

export interface DirectoryWatch {
  /** Measures all of them anew, in a thread of its own. Rejects where that fails; ends early once the signal comes. */
  measure(signal: AbortSignal): Promise<void>;
  /** What was measured last, and the space that there is now. Ends in bounded time. */
  read(): Promise<readonly DirectoryReading[]>;
}

interface Space {
  readonly free: number;
  readonly size: number;
}

/** Asks a file system for its space; as `statfs` of `node:fs`. */
export type AskSpace = (
  path: string,
) => Promise<{ readonly bsize: number; readonly bavail: number; readonly blocks: number }>;

/** Watches over directories; those that are not there have no values. */
export function watchDirectories(
  directories: readonly WatchedDirectory[],
  askSpace: AskSpace = statfs,
): DirectoryWatch {
  const contents = new Map<string, Content | undefined>();
  const spaces = new Map<string, Space>();
  // A file system that never answers keeps one thread of Node's pool, not all of them.
  const look = oneAtATime(async () => {
    spaces.clear();
    for (const { name, path } of directories) {
      const space = await spaceOf(path, askSpace);
      if (space !== undefined) spaces.set(name, space);
    }
  });
  return {
    measure: async (signal) => {
      const heartbeat = ({ index, content }: Measured) => {
        contents.set(directories[index]?.name ?? '', content);
      };
      try {
        const paths = directories.map(({ path }) => path);
        await runInThread<undefined, Measured>(THREAD, paths, { signal, heartbeat });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    read: async () => {
      await atMost(SPACE_LIMIT_MS, look());
      return directories.map(({ name }) => ({
        name,
        content: contents.get(name),
        space: spaces.get(name),
      }));
    },
  };
}

async function spaceOf(path: string, askSpace: AskSpace): Promise<Space | undefined> {
  try {
    const { bsize, bavail, blocks } = await askSpace(path);
    return { free: bavail * bsize, size: blocks * bsize };
  } catch {
    return undefined;
  }
}
