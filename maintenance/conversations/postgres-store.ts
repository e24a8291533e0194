import type { ConversationStrategy, ThreadAge } from '../../domain/conversations.ts';
import {
  checkpointShape,
  countPrunable,
  countRemovable,
  isTooSlow,
  nextThreadId,
  openCheckpoints,
  pruneThreads,
  removeThreads,
  threadPage,
} from '../../ledger/checkpoints/index.ts';
import { PAGE, type PassedOver, type ThreadStore } from './thread-store.ts';

/** As much of the task as the store needs. */
export interface PostgresTask {
  readonly strategy: ConversationStrategy;
  readonly cutMs: number;
  /** What a statement may take; absent = a minute. */
  readonly statementTimeoutMs?: number;
}

/** `too_slow` where the statement was given up, and its transaction with it. */
async function inTime<T>(work: Promise<T>): Promise<T | 'too_slow'> {
  try {
    return await work;
  } catch (error) {
    if (isTooSlow(error)) return 'too_slow';
    throw error;
  }
}

/** The savers' PostgreSQL database; one pool for the run. */
export function openPostgresStore(url: string, task: PostgresTask): ThreadStore {
  const { strategy, cutMs } = task;
  const connection = openCheckpoints(url, task.statementTimeoutMs);
  const idsOf = (threads: readonly ThreadAge[]) => threads.map(({ threadId }) => threadId);
  const remove = strategy === 'delete' ? removeThreads : pruneThreads;
  const count = strategy === 'delete' ? countRemovable : countPrunable;
  let after: string | undefined;
  // Once it was too much, it is so for the rest of the run: where some threads are huge, their neighbours may be.
  let limit = PAGE;
  const passOver = async (): Promise<PassedOver | readonly never[]> => {
    const threadId = await nextThreadId(connection, after);
    if (threadId === undefined) return [];
    after = threadId;
    return { threadId, tooSlow: true };
  };
  return {
    shape: () => checkpointShape(connection),
    nextThreads: async () => {
      for (;;) {
        const threads = await inTime(threadPage(connection, after, limit));
        if (threads !== 'too_slow') {
          after = threads.at(-1)?.threadId ?? after;
          return threads;
        }
        if (limit === 1) return passOver();
        limit = Math.ceil(limit / 2);
      }
    },
    remove: (threads) => inTime(remove(connection, idsOf(threads), cutMs)),
    preview: (threads) => inTime(count(connection, idsOf(threads), cutMs)),
    // Autovacuum's work, which the server does in its own time.
    tidy: () => Promise.resolve(),
    close: () => connection.close(),
  };
}
