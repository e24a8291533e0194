import type { Logger } from 'pino';
import type { ResultsCleanup } from './contract.ts';
import { toText } from '../bytes.ts';
import type { Note } from './pass.ts';

const SENTENCES: Readonly<Record<Note['kind'], string>> = {
  outside: 'a symbolic link that leads out of the directory, or nowhere, was skipped',
  failed: 'a cached result could not be looked at or deleted',
  unreadable: 'the metadata of a cached result does not say when it expires',
  too_deep: 'a directory of cached results lies too deep to be looked into',
};

/** Tells of single files; the threads of a run pass on a handful of each kind. */
export function noteTeller(log: Logger): (note: Note) => void {
  return ({ kind, path, code }) => {
    log.warn({ path: toText(path), ...(code === undefined ? {} : { code }) }, SENTENCES[kind]);
  };
}

/** The one line of each run. */
export function tellOfCleanup(log: Logger, result: ResultsCleanup): void {
  log.info({ event: 'results_cleaned', ...result }, 'Cleanup completed');
}
