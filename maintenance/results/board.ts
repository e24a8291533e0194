/** Memory that the threads of one pass share. */
import { COUNTED, noCounts, type Counts } from './counts.ts';

export interface Board {
  /** One sum for each of `COUNTED`. */
  readonly sums: BigInt64Array;
  /** The first entry: not 0 = end the pass. Then for each helper how many more groups it takes. */
  readonly flags: Int32Array;
}

export function createBoard(helpers: number): Board {
  return {
    sums: new BigInt64Array(new SharedArrayBuffer(COUNTED.length * BigInt64Array.BYTES_PER_ELEMENT)),
    flags: new Int32Array(new SharedArrayBuffer((1 + helpers) * Int32Array.BYTES_PER_ELEMENT)),
  };
}

/** Adds what a thread has counted to the sums, and begins anew there. */
export function handOn(board: Board, counts: Counts): void {
  for (const [index, name] of COUNTED.entries()) {
    if (counts[name] !== 0) Atomics.add(board.sums, index, BigInt(counts[name]));
    counts[name] = 0;
  }
}

/** The sums as they stand. */
export function readBoard(board: Board): Counts {
  const counts = noCounts();
  for (const [index, name] of COUNTED.entries()) counts[name] = Number(Atomics.load(board.sums, index));
  return counts;
}

/** Asks every thread to end. */
export function stop(board: Board): void {
  Atomics.store(board.flags, 0, 1);
}

export function isStopped(board: Board): boolean {
  return Atomics.load(board.flags, 0) !== 0;
}

/** Says that a helper takes so many more groups. */
export function give(board: Board, helper: number, groups: number): void {
  Atomics.add(board.flags, helper + 1, groups);
}

/** Takes one of a helper's places for groups; false where it has none. Only the walking thread takes. */
export function take(board: Board, helper: number): boolean {
  if (Atomics.load(board.flags, helper + 1) === 0) return false;
  Atomics.sub(board.flags, helper + 1, 1);
  return true;
}
