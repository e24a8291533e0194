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
