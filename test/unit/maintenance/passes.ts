/** The ways in which a directory may be cleaned; all of them have to come to the same. */
import { cleanDirectory, type Clean } from '../../../maintenance/results/clean.ts';
import type { Counts } from '../../../maintenance/results/counts.ts';
import type { Note, Pass } from '../../../maintenance/results/pass.ts';
import { toText } from '../../../maintenance/bytes.ts';
import { cleanHere, taskOf, type Wish } from './clean-here.ts';

export interface Passed {
  readonly counts: Counts;
  /** Kind and path of each. */
  readonly notes: readonly (readonly [kind: Note['kind'], path: string, code?: string])[];
}

export type Cleaner = (wish: Wish) => Promise<Passed>;

function cleanerOf(clean: Clean, fixed: Partial<Wish> = {}): Cleaner {
  return async (wish) => {
    const notes: Note[] = [];
    const { signal } = new AbortController();
    const counts = await clean(taskOf({ ...wish, ...fixed }), {
      signal,
      note: (note) => void notes.push(note),
    });
    const told = notes.map(({ kind, path, code }): Passed['notes'][number] =>
      code === undefined ? [kind, toText(path)] : [kind, toText(path), code],
    );
    return { counts, notes: told.toSorted() };
  };
}

export const inThreads = cleanerOf(cleanDirectory);
export const here = (at?: Pass['at']): Cleaner => cleanerOf(cleanHere(at));
export const byPath = (at?: Pass['at']): Cleaner => cleanerOf(cleanHere(at), { pinned: false });

export const CLEANERS: readonly (readonly [name: string, clean: Cleaner])[] = [
  ['in threads', inThreads],
  ['on one thread', here()],
  ['where directories cannot be named by their descriptor', byPath()],
];

/** Counts with zeros where nothing is said. */
export const counted = (counts: Partial<Counts>): Counts => ({
  ...{ checked: 0, deleted: 0, freedBytes: 0, errors: 0, leftovers: 0 },
  ...counts,
});
