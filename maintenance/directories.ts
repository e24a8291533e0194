import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Directories that no job may be let loose on. */
export interface Guarded {
  readonly home: string;
  /** `DATA_DIR`. */
  readonly data: string;
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

/**
 * Resolves a configured directory. `/`, the home directory and `DATA_DIR` are refused however they are written: a job
 * deletes files by their names alone.
 */
export async function resolveDirectory(configured: string, guarded: Guarded): Promise<Resolution> {
  if (/^~[^/]/.test(configured))
    return { kind: 'refused', reason: `${configured}: only ~ and ~/… are known` };
  const absolute = resolve(expand(configured, guarded.home));
  const { path, exists } = await real(absolute);
  const forbidden: readonly (readonly [string, string])[] = [
    ['/', 'the root directory'],
    [guarded.home, 'the home directory'],
    [guarded.data, 'DATA_DIR'],
  ];
  for (const [name, what] of forbidden) {
    const also = await real(resolve(name));
    if (path === also.path || absolute === resolve(name)) {
      return { kind: 'refused', reason: `${configured} is ${what}` };
    }
  }
  return { kind: 'directory', path, exists };
}
