import type { ConversationStrategy } from '../../domain/conversations.ts';
import {
  checkpointShape,
  countPrunable,
  countRemovable,
  openCheckpoints,
  pruneThreads,
  removeThreads,
  threadPage,
} from '../../ledger/checkpoints/index.ts';
import { BATCH, type ThreadStore } from './thread-store.ts';

/** The savers' PostgreSQL database; one pool for the run. */
export function openPostgresStore(url: string, strategy: ConversationStrategy, cutMs: number): ThreadStore {
  const connection = openCheckpoints(url);
  let after: string | undefined;
  return {
    shape: () => checkpointShape(connection),
    nextThreads: async () => {
      const threads = await threadPage(connection, after, BATCH);
      after = threads.at(-1)?.threadId ?? after;
      return threads;
    },
    remove: (threadIds) =>
      strategy === 'delete'
        ? removeThreads(connection, threadIds, cutMs)
        : pruneThreads(connection, threadIds, cutMs),
    preview: (threads) => {
      const count = strategy === 'delete' ? countRemovable : countPrunable;
      return count(
        connection,
        threads.map(({ threadId }) => threadId),
        cutMs,
      );
    },
    // Autovacuum's work, which the server does in its own time.
    tidy: () => Promise.resolve(),
    close: () => connection.close(),
  };
}
