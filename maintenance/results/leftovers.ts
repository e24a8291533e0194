import { look } from './look.ts';
import type { Pass } from './pass.ts';
import type { Place } from '../place.ts';
import { removeFile } from './remove.ts';

/** Whether something last changed at that time is old enough to be a leftover; never where they are to be kept. */
export function isOld(pass: Pass, mtimeMs: number): boolean {
  return pass.task.leftoverMs > 0 && Date.now() - mtimeMs > pass.task.leftoverMs;
}

/** Deletes a file that belongs to no pair, where it is old enough; tells whether it is one of those. */
export function removeLeftover(pass: Pass, place: Place, name: string): boolean {
  if (pass.task.leftoverMs === 0) return false;
  const seen = look(pass, place, name);
  if (typeof seen === 'string' || !seen.isFile() || !isOld(pass, seen.mtimeMs)) return false;
  pass.at?.('leftover', `${place.path}/${name}`);
  if (removeFile(pass, place, name) === 'removed') pass.counts.leftovers += 1;
  return true;
}
