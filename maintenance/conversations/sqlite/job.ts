/** The module of the thread in which conversations in SQLite are cleaned up. */
import type { CheckpointShape } from '../../../domain/conversations.ts';
import { threadMain, type ThreadSide } from '../../thread/thread-main.ts';
import { cleanThreads, type CleanupTally, type CleanupTask } from '../clean-threads.ts';
import type { CleanupProgress } from '../contract.ts';
import { openSqliteStore } from './store.ts';

export interface SqliteJob {
  readonly path: string;
  readonly task: CleanupTask;
}

/** The tally; or why the database was left alone. */
export type JobAnswer = CleanupTally | Exclude<CheckpointShape, { kind: 'known' }>;

async function work({ path, task }: SqliteJob, side: ThreadSide<CleanupProgress>): Promise<JobAnswer> {
  const store = openSqliteStore(path, task);
  try {
    const shape = await store.shape();
    return shape.kind === 'known' ? await cleanThreads(store, task, side) : shape;
  } finally {
    await store.close();
  }
}

await threadMain(work);
