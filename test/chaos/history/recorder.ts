import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HistoryRecord } from './contract.ts';

export interface Recorder {
  readonly file: string;
  write(record: HistoryRecord): void;
  /** A number for the next call. */
  nextId(): number;
  close(): void;
}

/** Writes a history; each line is in the file before the call that it tells of goes on. */
export function openRecorder(file: string): Recorder {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  let id = 0;
  return {
    file,
    write: (record) => void writeSync(descriptor, `${JSON.stringify(record)}\n`),
    nextId: () => (id += 1),
    close: () => closeSync(descriptor),
  };
}
