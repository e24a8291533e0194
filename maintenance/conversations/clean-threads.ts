import {
  hasRemovable,
  isPastRetention,
  type ConversationStrategy,
  type ThreadAge,
} from '../../domain/conversations.ts';
import type { CleanupProgress } from './contract.ts';
import type { ThreadStore } from './thread-store.ts';

/** Names that a run remembers of each kind; of the rest it only knows how many there are. */
const MOST_NAMES = 100;

/** Some ids, and how many there are in all. */
export interface Named {
  readonly count: number;
  readonly ids: readonly string[];
}

/** What a run over all threads came to. Plain data: it may come out of a thread. */
export interface CleanupTally {
  readonly threads: number;
  readonly checkpoints: number;
  readonly pastRetention: number;
  readonly keptByName: number;
  readonly removed: CleanupProgress;
  readonly undated: Named;
  readonly awake: Named;
  readonly rebuilt: Named;
}

export interface CleanupTask {
  readonly cutMs: number;
  readonly strategy: ConversationStrategy;
  readonly keep: readonly string[];
  readonly dryRun: boolean;
  readonly progress: CleanupProgress;
}

export interface CleanupSide {
  readonly throwIfStopped: () => void;
  readonly heartbeat: (progress: CleanupProgress) => void;
}

const NOBODY: Named = { count: 0, ids: [] };

function add(named: Named, ids: readonly string[]): Named {
  return { count: named.count + ids.length, ids: [...named.ids, ...ids].slice(0, MOST_NAMES) };
}

function begin(progress: CleanupProgress): CleanupTally {
  const nothing = { threads: 0, checkpoints: 0, pastRetention: 0, keptByName: 0 };
  return { ...nothing, removed: progress, undated: NOBODY, awake: NOBODY, rebuilt: NOBODY };
}

/** The page looked at once more and its expired threads removed; the tally with it. */
async function cleanPage(
  store: ThreadStore,
  task: CleanupTask & { readonly kept: ReadonlySet<string> },
  { page, tally }: { readonly page: readonly ThreadAge[]; readonly tally: CleanupTally },
): Promise<CleanupTally> {
  const free = page.filter((thread) => !task.kept.has(thread.threadId));
  const past = free.filter((thread) => isPastRetention(thread, task.cutMs));
  const ids = (threads: readonly ThreadAge[]) => threads.map((thread) => thread.threadId);
  const removable = past.filter((thread) => hasRemovable(thread, task.strategy));
  const removed = await (task.dryRun ? store.preview(removable) : store.remove(ids(removable)));
  return {
    threads: tally.threads + page.length,
    checkpoints: tally.checkpoints + page.reduce((sum, thread) => sum + thread.checkpoints, 0),
    pastRetention: tally.pastRetention + past.length,
    keptByName: tally.keptByName + page.length - free.length,
    removed: {
      sessions_deleted: tally.removed.sessions_deleted + removed.threads,
      checkpoints_deleted: tally.removed.checkpoints_deleted + removed.checkpoints,
    },
    undated: add(tally.undated, ids(free.filter((thread) => thread.undated > 0))),
    awake: add(tally.awake, removed.awake),
    rebuilt: add(tally.rebuilt, removed.rebuilt),
  };
}

/** Goes over all threads of the database, batch by batch; nothing is held in memory but one batch and the counts. */
export async function cleanThreads(
  store: ThreadStore,
  task: CleanupTask,
  side: CleanupSide,
): Promise<CleanupTally> {
  const kept = new Set(task.keep);
  let tally = begin(task.progress);
  for (;;) {
    side.throwIfStopped();
    const page = await store.nextThreads();
    if (page.length === 0) break;
    tally = await cleanPage(store, { ...task, kept }, { page, tally });
    side.heartbeat(tally.removed);
  }
  if (!task.dryRun) await store.tidy();
  return tally;
}
