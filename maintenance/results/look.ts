import { lstatSync, type Stats } from 'node:fs';
import { asPath } from '../bytes.ts';
import { errorCode } from '../error-code.ts';
import type { Place } from '../place.ts';
import { failed, type Pass } from './pass.ts';

/** What stands under that name; `nothing` where nothing does; `failed` where it cannot be told, which is counted. */
export function look(pass: Pass, place: Place, name: string): Stats | 'nothing' | 'failed' {
  try {
    return lstatSync(asPath(place.look + name), { throwIfNoEntry: false }) ?? 'nothing';
  } catch (error) {
    failed(pass, `${place.path}/${name}`, errorCode(error));
    return 'failed';
  }
}
