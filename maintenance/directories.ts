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

/** What a file system may take to say where a path leads. */
const LIMIT_MS = 2_000;

/** A directory that a job is to clean, or the sentence on why it may not, or cannot now. */
export type Resolution =
  | {
      readonly kind: 'directory';
      /** Absolute and without symbolic links, as far as it is there. */
      readonly path: string;
      readonly exists: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Its file system did not answer; `path` as it was written. */
  | { readonly kind: 'silent'; readonly path: string; readonly reason: string };

/** Asks the file system; as `realpath` of `node:fs`. */
export type AskPath = (path: string) => Promise<string>;

interface Real {
  readonly path: string;
  readonly exists: boolean;
}

/** Each keeps a thread of Node's pool, of which there are four, for as long as the file system does not answer. */
const underWay = new Map<string, Promise<Real>>();

/** The same as {@link real}, asked once however many want to know at the same time. */
function realOnce(path: string, ask: AskPath): Promise<Real> {
  const known = underWay.get(path);
  if (known !== undefined) return known;
  const asked = real(path, ask).finally(() => underWay.delete(path));
  underWay.set(path, asked);
  return asked;
}

/** `~` and what is below it; `~name`, another user's home, is no part of it. */
function expand(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

/** Where the path really leads, as far as it is there and may be looked at. */
async function real(path: string, ask: AskPath): Promise<Real> {
  try {
    return { path: await ask(path), exists: true };
  } catch {
    // What it is called must not change once it is made: the totals of a directory go by its path.
    const above = dirname(path);
    return {
      path: above === path ? path : join((await real(above, ask)).path, basename(path)),
      exists: false,
    };
  }
}

async function within<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((done) => {
    timer = setTimeout(done, ms, otherwise);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the one is the other, or above it. */
const holds = (above: string, below: string): boolean => below === above || below.startsWith(`${above}/`);

/** What is wrong with the directory; undefined where nothing is. `absolute` is its path as it was written. */
async function objection(
  { absolute, path }: { readonly absolute: string; readonly path: string },
  { home, data, closed = {} }: Guarded,
  ask: AskPath,
): Promise<string | undefined> {
  if (path === '/' || absolute === '/') return 'is the root directory';
  const forbidden: readonly (readonly [string, string])[] = [
    ['the home directory', home],
    ['DATA_DIR', data],
  ];
  for (const [what, name] of forbidden) {
    const also = (await realOnce(resolve(name), ask)).path;
    if (path === also || absolute === resolve(name)) return `is ${what}`;
    if (holds(path, also)) return `is above ${what}`;
  }
  for (const [what, name] of Object.entries(closed)) {
    const also = (await realOnce(resolve(name), ask)).path;
    if (holds(also, path)) return path === also ? `is ${what}` : `is in ${what}`;
  }
  return undefined;
}

/**
 * Resolves a configured directory. `/`, the home directory, `DATA_DIR` and what is above them are refused however they
 * are written, and so is what lies in a closed one: a job deletes files by their names alone. Ends in bounded time.
 */
export async function resolveDirectory(
  configured: string,
  guarded: Guarded,
  { ask = realpath, limitMs = LIMIT_MS }: { readonly ask?: AskPath; readonly limitMs?: number } = {},
): Promise<Resolution> {
  if (/^~[^/]/.test(configured))
    return { kind: 'refused', reason: `${configured}: only ~ and ~/… are known` };
  const absolute = resolve(expand(configured, guarded.home));
  const look = async (): Promise<Resolution> => {
    const { path, exists } = await realOnce(absolute, ask);
    const wrong = await objection({ absolute, path }, guarded, ask);
    if (wrong !== undefined) return { kind: 'refused', reason: `${configured} ${wrong}` };
    return { kind: 'directory', path, exists };
  };
  const silent: Resolution = { kind: 'silent', path: absolute, reason: `${configured} does not answer` };
  return within(limitMs, look(), silent);
}
