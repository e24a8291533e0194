import type { Counts } from './counts.ts';

/** What is to be done to one directory; plain data, so that a thread can be given it. */
export interface Task {
  /** The resolved directory, as a byte string; nothing outside of it is touched. */
  readonly root: string;
  /** Counts the same and changes nothing. */
  readonly dryRun: boolean;
  /** Leftovers older than this are deleted; 0 = none. */
  readonly leftoverMs: number;
  /** Whether open directories can be named by their descriptor, see `place.ts`. */
  readonly pinned: boolean;
}

/** Something a person may want to know of; paths are byte strings. */
export interface Note {
  readonly kind: 'outside' | 'failed' | 'unreadable' | 'too_deep';
  readonly path: string;
  /** The system's word for it, such as `EACCES`. */
  readonly code?: string;
}

/** Where a test can hold a pass: each is told just before it happens. */
export type Step = 'enter' | 'result' | 'metadata' | 'leftover' | 'directory';

/** What one thread works with. */
export interface Pass {
  readonly task: Task;
  /** Since they were last handed on. */
  readonly counts: Counts;
  readonly note: (note: Note) => void;
  readonly at?: (step: Step, path: string) => void;
  /** True once the pass is to end; asked every few dozen files. */
  readonly stopped: () => boolean;
}

/** Counts an error and tells of it. */
export function failed(pass: Pass, path: string, code: string): void {
  pass.counts.errors += 1;
  pass.note({ kind: 'failed', path, code });
}
