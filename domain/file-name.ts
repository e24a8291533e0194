import type { ErrorCode } from './errors.ts';

/** Longest name that common file systems, and so providers, take; in bytes of UTF-8. */
const MAX_NAME_BYTES = 255;
/** Control characters, and those that change the direction of what follows: a name must not look like another one. */
const INVISIBLE = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029]/u;
const PATH_PART = /[/\\]/;

/** What stands behind the last dot, in lower case; `undefined` where the name has none, or nothing before it. */
export function extensionOf(filename: string): string | undefined {
  const dot = filename.lastIndexOf('.');
  return dot > 0 && dot < filename.length - 1 ? filename.slice(dot + 1).toLowerCase() : undefined;
}

/**
 * Why a file of this name is not accepted; `undefined` where it is. `allowed`: extensions in lower case, without dots.
 */
export function nameProblem(
  filename: string,
  allowed: readonly string[],
): Extract<ErrorCode, 'FILENAME_INVALID' | 'EXTENSION_NOT_ALLOWED'> | undefined {
  const storable = filename.isWellFormed() && new TextEncoder().encode(filename).length <= MAX_NAME_BYTES;
  if (!storable || INVISIBLE.test(filename) || PATH_PART.test(filename)) return 'FILENAME_INVALID';
  const extension = extensionOf(filename);
  if (extension === undefined) return 'FILENAME_INVALID';
  return allowed.includes(extension) ? undefined : 'EXTENSION_NOT_ALLOWED';
}
