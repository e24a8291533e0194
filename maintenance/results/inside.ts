import { realpathSync } from 'node:fs';
import { asPath } from '../bytes.ts';
import { errorCode } from '../error-code.ts';
import type { Pass } from './pass.ts';
import type { Place } from '../place.ts';

/**
 * Where a symbolic link leads, as a byte string; undefined where that is outside of the directory, or nowhere: then it
 * is told.
 */
export function targetInside(pass: Pass, place: Place, name: string): string | undefined {
  const { root } = pass.task;
  try {
    const target = realpathSync.native(asPath(place.look + name), 'latin1');
    if (target.startsWith(root.endsWith('/') ? root : `${root}/`)) return target;
  } catch (error) {
    errorCode(error);
  }
  pass.note({ kind: 'outside', path: `${place.path}/${name}` });
  return undefined;
}
