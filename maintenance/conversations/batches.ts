import type { ThreadAge } from '../../domain/conversations.ts';

/** Few enough for a short transaction, each with its writes and blobs; many enough that a commit does not count. */
export const BATCH_CHECKPOINTS = 5_000;

/** Cuts threads into batches by what they hold. A thread with more than that is a batch of its own. */
export function batchesOf(threads: readonly ThreadAge[]): readonly (readonly ThreadAge[])[] {
  const batches: ThreadAge[][] = [];
  let room = 0;
  for (const thread of threads) {
    if (thread.checkpoints > room) {
      batches.push([]);
      room = BATCH_CHECKPOINTS;
    }
    batches.at(-1)?.push(thread);
    room -= thread.checkpoints;
  }
  return batches;
}

/** The halves of a batch of at least two. */
export function halvesOf(batch: readonly ThreadAge[]): readonly (readonly ThreadAge[])[] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}
