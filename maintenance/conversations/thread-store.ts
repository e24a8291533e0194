import type { CheckpointShape, Removed, ThreadAge } from '../../domain/conversations.ts';

/** Threads of one batch: few enough for a short transaction, many enough that its commit does not count. */
export const BATCH = 500;

/** A database with conversations, for one run with one strategy and one cut. */
export interface ThreadStore {
  shape(): Promise<CheckpointShape>;
  /** The next {@link BATCH} threads, in an order that stays while threads come and go; empty at the end. */
  nextThreads(): Promise<readonly ThreadAge[]>;
  /** Removes what the strategy removes of those that are past retention, each looked at once more. */
  remove(threadIds: readonly string[]): Promise<Removed>;
  /** What {@link remove} would do to those threads, just seen; changes nothing. */
  preview(threads: readonly ThreadAge[]): Promise<Removed>;
  /** After the last batch: gives room back to the disk where the database is set up for it. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}
