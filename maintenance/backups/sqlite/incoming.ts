import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A backup is copied in minutes; what is as old was left by a process that died. */
const STALE_MS = 60 * 60_000;

const prefixOf = (target: string) => `${target}.restoring_`;

/** The name under which the content to come is made ready, on the target's own disk. */
export const incomingName = (target: string, time: string) => `${prefixOf(target)}${time}`;

/** Deletes what restores that died have left beside the target. */
export function removeStaleIncoming(target: string, nowMs: number): void {
  const directory = dirname(target);
  const prefix = basename(prefixOf(target));
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(directory, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && nowMs - found.mtimeMs > STALE_MS) rmSync(path, { force: true });
  }
}
