import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the binary of one release is kept: the system's cache directory, shared by all checkouts. */
export function cachedBinary(env: Readonly<Record<string, string | undefined>>, version: string): string {
  return join(cacheDirectory(env), 'loiter-killer', 'temporal', version, 'temporal');
}

function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const home = env['HOME'] || homedir();
  if (env['XDG_CACHE_HOME']) return env['XDG_CACHE_HOME'];
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}
