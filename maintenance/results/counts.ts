/** What a pass over a directory has seen and done so far. */
export interface Counts {
  /** Paths that are called like a result, whatever they are. */
  checked: number;
  /** Results deleted, each by this pass itself. */
  deleted: number;
  /** Bytes of these, of their metadata and of expired metadata without a result. */
  freedBytes: number;
  errors: number;
  /** Files and directories. */
  leftovers: number;
}

export const COUNTED = ['checked', 'deleted', 'freedBytes', 'errors', 'leftovers'] as const;

export function noCounts(): Counts {
  return { checked: 0, deleted: 0, freedBytes: 0, errors: 0, leftovers: 0 };
}
