import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Change } from './records.ts';

export interface ChangeLog {
  append(change: Change): void;
  close(): void;
}

/** Every whole line; what follows the last newline was torn by a crash and was never answered. */
function readChanges(file: string): Change[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Change);
}

/**
 * Opens the durable log: replays it through `apply`, then rewrites it as the `compact` view of what is left,
 * so that it does not grow over restarts. Appending is synchronous: what was answered survives `kill -9` of
 * the process (not a power cut: nothing here is worth an fsync).
 */
export function openChangeLog(
  file: string,
  apply: (change: Change) => void,
  compact: () => Iterable<Change>,
): ChangeLog {
  mkdirSync(dirname(file), { recursive: true });
  for (const change of readChanges(file)) apply(change);
  const lines = [...compact()].map((change) => `${JSON.stringify(change)}\n`).join('');
  writeFileSync(`${file}.new`, lines, { flush: true });
  renameSync(`${file}.new`, file);
  const descriptor = openSync(file, 'a');
  return {
    append: (change) => {
      writeSync(descriptor, `${JSON.stringify(change)}\n`);
    },
    close: () => closeSync(descriptor),
  };
}
