import { mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { LockedError, takeLock } from '../processes/pid-lock.ts';

const TRIES = 20;

/**
 * That port on loopback, or another free one where somebody has it. It is ours until this process ends: between
 * the look and the moment a part listens lie seconds, in which another stack on this machine would choose it too.
 */
export async function reservePort(preferred: number): Promise<number> {
  const locks = join(tmpdir(), `loiter-killer-ports-${userInfo().uid}`);
  mkdirSync(locks, { recursive: true });
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = await getPort({ host: '127.0.0.1', ...(tries === 0 ? { port: preferred } : {}) });
    if (tryLock(join(locks, String(port)))) return port;
  }
  throw new Error('No free port was found on 127.0.0.1.');
}

function tryLock(file: string): boolean {
  try {
    const release = takeLock(file);
    process.once('exit', release);
    return true;
  } catch (error) {
    if (error instanceof LockedError) return false;
    throw error;
  }
}
