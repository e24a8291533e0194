import type { CheckpointShape, Removed, ThreadAge } from '../../domain/conversations.ts';

/** Threads that are looked at in one go. */
export const PAGE = 500;

/** One that alone took longer than a look may, and was passed over. */
export interface PassedOver {
  readonly threadId: string;
  readonly tooSlow: true;
}

/**
 * What a removal came to, with `failure` where it broke off after that; `too_slow`: nothing was removed, and of fewer
 * threads it may do.
 */
export type Removal = (Removed & { readonly failure?: Error }) | 'too_slow';

/** A database with conversations, for one run with one strategy and one cut. */
export interface ThreadStore {
  shape(): Promise<CheckpointShape>;
  /** The next threads, {@link PAGE} at most, in an order that stays while threads come and go; empty at the end. */
  nextThreads(): Promise<readonly ThreadAge[] | PassedOver>;
  /** Removes what the strategy removes of those just seen that are past retention, each looked at once more. */
  remove(threads: readonly ThreadAge[]): Promise<Removal>;
  /** What {@link remove} would do to those threads; changes nothing. */
  preview(threads: readonly ThreadAge[]): Promise<Removal>;
  /** After the last batch: gives room back to the disk where the database is set up for it. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}
