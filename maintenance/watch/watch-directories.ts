import type { DirectoryReading } from '../../telemetry/metrics.ts';
import { runInThread } from '../thread/run-in-thread.ts';
import type { Measured } from './measure-thread.ts';
import type { Content } from './measure.ts';
import { watchSpaces, type AskSpace, type WatchedDirectory } from './spaces.ts';

const THREAD = new URL('./measure-thread.ts', import.meta.url);

export interface DirectoryWatch {
  /** Measures all of them anew, in a thread of its own. Rejects where that fails; ends early once the signal comes. */
  measure(signal: AbortSignal): Promise<void>;
  /** What was measured last, and the space that there is now. Ends in bounded time. */
  read(): Promise<readonly DirectoryReading[]>;
}

/** Watches over directories; those that are not there have no values. */
export function watchDirectories(
  directories: readonly WatchedDirectory[],
  askSpace?: AskSpace,
): DirectoryWatch {
  const contents = new Map<string, Content | undefined>();
  const look = watchSpaces(directories, askSpace);
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
      const spaces = await look();
      return directories.map(({ name }) => ({
        name,
        content: contents.get(name),
        space: spaces.get(name),
      }));
    },
  };
}
