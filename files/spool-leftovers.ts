import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../domain/has-code.ts';

/** A process with a spool, as its folder's name tells it. */
export interface SpoolOwner {
  readonly hostname: string;
  readonly pid: number;
}

export interface LeftoverRules extends SpoolOwner {
  /** Folder that holds those of all processes. */
  readonly directory: string;
  /** Name of our own folder in it. */
  readonly own: string;
  /** What has not changed for this long belongs to nobody any more, whoever made it. */
  readonly maxAgeMs: number;
}

const OWNED = /^(.*)-(\d+)-[0-9a-f]{12}$/;

/** The name of a process's folder. Host names may hold what no path should: all else than plain letters is blanked. */
export function spoolName({ hostname, pid }: SpoolOwner, random: string): string {
  return `${plain(hostname)}-${pid}-${random}`;
}

const plain = (hostname: string): string => hostname.replace(/[^A-Za-z0-9._-]/g, '_');

/**
 * Removes what processes left behind that died without a word. A process id tells whether its owner lives on this host
 * alone; of another host, and of a process id that lives (it may be another program's by now), only what is old is
 * removed. Whatever is not named like a spool is left alone. Throws once everything was tried.
 */
export async function removeLeftovers(rules: LeftoverRules): Promise<void> {
  const names = await readdir(rules.directory).catch(nothingWhere('ENOENT'));
  const removals = (names ?? []).map(async (name) => {
    const owner = ownerOf(name);
    if (owner === undefined || name === rules.own) return;
    const path = join(rules.directory, name);
    if (isDead(owner, rules)) await rm(path, { recursive: true, force: true });
    else await removeOld(path, rules.maxAgeMs);
  });
  const failed = (await Promise.allSettled(removals)).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function ownerOf(name: string): SpoolOwner | undefined {
  const [, hostname, pid] = OWNED.exec(name) ?? [];
  return hostname === undefined ? undefined : { hostname, pid: Number(pid) };
}

/** Our own process id under another name is a process before us: a container counts from 1 again when it restarts. */
function isDead(owner: SpoolOwner, self: SpoolOwner): boolean {
  if (owner.hostname !== plain(self.hostname)) return false;
  return owner.pid === self.pid || !isRunning(owner.pid);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Any other answer than that there is none means a process that we may not signal.
    return !hasCode(error, 'ESRCH');
  }
}

/** File by file, and the folder only when it is empty: its owner may be alive and about to write. */
async function removeOld(path: string, maxAgeMs: number): Promise<void> {
  // Asked before anything is removed: that is a change too.
  const isFolderOld = await isOld(path, maxAgeMs);
  const entries = (await readdir(path).catch(nothingWhere('ENOENT'))) ?? [];
  for (const entry of entries.map((name) => join(path, name))) {
    if (await isOld(entry, maxAgeMs)) await rm(entry, { force: true });
  }
  if (isFolderOld) await rmdir(path).catch(nothingWhere('ENOENT', 'ENOTEMPTY'));
}

async function isOld(path: string, maxAgeMs: number): Promise<boolean> {
  const found = await lstat(path).catch(nothingWhere('ENOENT'));
  return found !== undefined && Date.now() - found.mtimeMs > maxAgeMs;
}

/** Others remove, and write, at the same time. */
function nothingWhere(...codes: readonly string[]) {
  return (error: unknown): undefined => {
    if (!hasCode(error, ...codes)) throw error;
  };
}
