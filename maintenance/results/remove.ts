import { rmdirSync, unlinkSync } from 'node:fs';
import { asPath } from '../bytes.ts';
import { errorCode } from '../error-code.ts';
import { failed, type Pass } from './pass.ts';
import { isWritable, type Place } from '../place.ts';

/** `gone`: somebody else was faster, which is no error; `failed`: counted and told. */
export type Removal = 'removed' | 'gone' | 'failed';

function judge(pass: Pass, path: string, error: unknown): Removal {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'gone';
  failed(pass, path, code);
  return 'failed';
}

function pretend(pass: Pass, place: Place, name: string): Removal {
  if (isWritable(place)) return 'removed';
  failed(pass, `${place.path}/${name}`, 'EACCES');
  return 'failed';
}

/** Deletes one file, or a symbolic link and not what it leads to; in a dry run it only tells what would become of it. */
export function removeFile(pass: Pass, place: Place, name: string): Removal {
  try {
    const removal = pass.task.dryRun ? pretend(pass, place, name) : 'removed';
    if (!pass.task.dryRun) unlinkSync(asPath(place.hold + name));
    if (removal === 'removed') place.removed += 1;
    return removal;
  } catch (error) {
    return judge(pass, `${place.path}/${name}`, error);
  }
}

/** Deletes an empty directory. One that is not empty any more is left alone. */
export function removeDirectory(pass: Pass, parent: Place, name: string): Removal {
  try {
    if (pass.task.dryRun) return pretend(pass, parent, name);
    rmdirSync(asPath(parent.hold + name));
    return 'removed';
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOTEMPTY' || code === 'EEXIST' ? 'gone' : judge(pass, `${parent.path}/${name}`, error);
  }
}
