import type { Guarded } from '../directories.ts';

export interface AgedFilesSettings {
  /** `AGED_FILES_DIR` as it was written. */
  readonly directory: string;
  readonly guarded: Guarded;
  /** A pattern for names, `*.mp3` for one. */
  readonly glob: string;
  /** Files whose content changed longer ago than this are deleted. */
  readonly maxAgeMs: number;
}

/** What is wrong with a pattern for names; undefined where nothing is. */
export function globProblem(glob: string): string | undefined {
  if (glob.trim() === '') return 'the pattern is empty';
  if (glob.includes('/')) return 'the pattern is for names, directly in the directory: it may not have a /';
  // It would match every name but those.
  return glob.startsWith('!') ? 'the pattern may not begin with !' : undefined;
}
