import { createHash } from 'node:crypto';
import type { TableSum } from './format.ts';

const NEWLINE = 0x0a;

export interface TableAdder {
  readonly add: (chunk: Uint8Array) => void;
  readonly sum: () => TableSum;
}

/** Adds up the parts of a table as they go by. COPY's text format has one newline for each row, and no other. */
export function tableSum(name: string): TableAdder {
  const hash = createHash('sha256');
  let [rows, bytes] = [0, 0];
  return {
    add: (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) rows += 1;
    },
    sum: () => ({ name, rows, bytes, sha256: hash.digest('hex') }),
  };
}
