import { hasCode } from '../domain/has-code.ts';

/**
 * What a failure to read the next entry of a directory means: where the file system tells no types, Node looks up some
 * entries at a time, and fails for all of them where one is gone by then. Those are left to the next run; everything else
 * is thrown.
 */
export function vanished(error: unknown): 'vanished' {
  if (hasCode(error, 'ENOENT')) return 'vanished';
  throw error;
}
