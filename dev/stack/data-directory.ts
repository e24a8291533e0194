import { mkdirSync, renameSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '../../config/index.ts';
import { LockedError, takeLock } from '../processes/pid-lock.ts';
import { endLeftovers } from '../processes/registry.ts';

/** Where the embedded stack keeps its state, for as long as this process holds it. */
export interface DataDirectory {
  readonly path: string;
  /** Notes about running children; see `processes/registry.ts`. */
  readonly processes: string;
  /** A log file; that of the run before is kept beside it as `.old`. */
  log(name: string): string;
  release(): void;
}

/**
 * Takes the directory for this process and ends what an earlier one left running. Throws {@link ConfigError}
 * naming the holder where it is in use.
 */
export async function openDataDirectory(
  configured: string,
  say: (line: string) => void,
): Promise<DataDirectory> {
  const path = resolve(configured);
  const release = lock(path);
  const processes = join(path, 'processes');
  for (const ended of await endLeftovers(processes)) say(`ended what an earlier run left behind: ${ended}`);
  return { path, processes, log: (name) => freshLog(path, name), release };
}

function lock(path: string): () => void {
  try {
    mkdirSync(join(path, 'logs'), { recursive: true });
    return takeLock(join(path, 'lock'));
  } catch (error) {
    if (error instanceof LockedError) {
      const { pid, commandLine } = error.holder;
      throw new ConfigError([`DATA_DIR: ${path} is in use by process ${pid} (${commandLine})`]);
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigError([`DATA_DIR: ${path} cannot be used (${code})`]);
  }
}

function freshLog(path: string, name: string): string {
  const file = join(path, 'logs', `${name}.log`);
  if (existsSync(file)) renameSync(file, `${file}.old`);
  return file;
}
