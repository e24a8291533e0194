import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Directories that no job may be let loose on. */
export interface Guarded {
  readonly home: string;
  /** `DATA_DIR`. */
  readonly data: string;
  /** Directories by their names in the configuration, in which and below which a job may not delete anything. */
  readonly closed?: Readonly<Record<string, string>>;
}

/** A directory that a job is to clean, or the sentence on why it may not. */
export type Resolution =
  | {
      readonly kind: 'directory';
      /** Absolute and without symbolic links, as far as it is there. */
      readonly path: string;
      readonly exists: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** `~` and what is below it; `~name`, another user's home, is no part of it. */
function expand(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

/** Where the path really leads, as far as it is there and may be looked at. */
async function real(path: string): Promise<{ readonly path: string; readonly exists: boolean }> {
  try {
    return { path: await realpath(path), exists: true };
  } catch {
    // What it is called must not change once it is made: the totals of a directory go by its path.
    const above = dirname(path);
    return { path: above === path ? path : join((await real(above)).path, basename(path)), exists: false };
  }
}

/** Whether the one is the other, or above it. */
const holds = (above: string, below: string): boolean => below === above || below.startsWith(`${above}/`);

/** What is wrong with the directory; undefined where nothing is. `absolute` is its path as it was written. */
async function objection(
  { absolute, path }: { readonly absolute: string; readonly path: string },
  { home, data, closed = {} }: Guarded,
): Promise<string | undefined> {
  if (path === '/' || absolute === '/') return 'is the root directory';
  const forbidden: readonly (readonly [string, string])[] = [
    ['the home directory', home],
    ['DATA_DIR', data],
  ];
  for (const [what, name] of forbidden) {
    const also = (await real(resolve(name))).path;
    if (path === also || absolute === resolve(name)) return `is ${what}`;
    if (holds(path, also)) return `is above ${what}`;
  }
  for (const [what, name] of Object.entries(closed)) {
    const also = (await real(resolve(name))).path;
    if (holds(also, path)) return path === also ? `is ${what}` : `is in ${what}`;
  }
  return undefined;
}

/**
 * Resolves a configured directory. `/`, the home directory, `DATA_DIR` and what is above them are refused however they
 * are written, and so is what lies in a closed one: a job deletes files by their names alone.
 */
export async function resolveDirectory(configured: string, guarded: Guarded): Promise<Resolution> {
  if (/^~[^/]/.test(configured))
    return { kind: 'refused', reason: `${configured}: only ~ and ~/… are known` };
  const absolute = resolve(expand(configured, guarded.home));
  const { path, exists } = await real(absolute);
  const wrong = await objection({ absolute, path }, guarded);
  if (wrong !== undefined) return { kind: 'refused', reason: `${configured} ${wrong}` };
  return { kind: 'directory', path, exists };
}
