/** The module of the thread in which directories are measured. */
import { threadMain } from '../thread/thread-main.ts';
import { measure, type Content } from './measure.ts';

/** Told of each directory as soon as it is measured. */
export interface Measured {
  /** Place in the list. */
  readonly index: number;
  /** Undefined where there is no such directory. */
  readonly content: Content | undefined;
}

await threadMain<readonly string[], Measured>((paths, { throwIfStopped, heartbeat }) => {
  for (const [index, path] of paths.entries()) heartbeat({ index, content: measure(path, throwIfStopped) });
  return Promise.resolve(undefined);
});
