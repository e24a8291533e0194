import {
  hasRemovable,
  isPastRetention,
  type ConversationStrategy,
  type Removed,
  type ThreadAge,
} from '../../domain/conversations.ts';
import { batchesOf, halvesOf } from './batches.ts';
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
  /** Past retention, but one alone took longer than a statement may. */
  readonly tooSlow: Named;
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
  return { ...nothing, removed: progress, undated: NOBODY, awake: NOBODY, rebuilt: NOBODY, tooSlow: NOBODY };
}

type Task = CleanupTask & { readonly kept: ReadonlySet<string> };

const idsOf = (threads: readonly ThreadAge[]) => threads.map((thread) => thread.threadId);

/** A page as it was looked at: what is removable of it, and the tally with the rest. */
function judgePage(
  page: readonly ThreadAge[],
  task: Task,
  tally: CleanupTally,
): { readonly removable: readonly ThreadAge[]; readonly tally: CleanupTally } {
  const free = page.filter((thread) => !task.kept.has(thread.threadId));
  const past = free.filter((thread) => isPastRetention(thread, task.cutMs));
  const judged: CleanupTally = {
    ...tally,
    threads: tally.threads + page.length,
    checkpoints: tally.checkpoints + page.reduce((sum, thread) => sum + thread.checkpoints, 0),
    pastRetention: tally.pastRetention + past.length,
    keptByName: tally.keptByName + page.length - free.length,
    undated: add(tally.undated, idsOf(free.filter((thread) => thread.undated > 0))),
  };
  return { removable: past.filter((thread) => hasRemovable(thread, task.strategy)), tally: judged };
}

function withRemoved(tally: CleanupTally, removed: Removed): CleanupTally {
  return {
    ...tally,
    removed: {
      sessions_deleted: tally.removed.sessions_deleted + removed.threads,
      checkpoints_deleted: tally.removed.checkpoints_deleted + removed.checkpoints,
    },
    awake: add(tally.awake, removed.awake),
    rebuilt: add(tally.rebuilt, removed.rebuilt),
  };
}

/** Of one that could not be looked at: whoever is kept by name is so all the same. */
function passOver(threadId: string, { kept }: Task, tally: CleanupTally): CleanupTally {
  const seen = { ...tally, threads: tally.threads + 1 };
  return kept.has(threadId)
    ? { ...seen, keptByName: tally.keptByName + 1 }
    : { ...seen, tooSlow: add(tally.tooSlow, [threadId]) };
}

/** Batch by batch; one that takes too long is halved, down to single threads. */
async function removeAll(
  { store, task, side }: { readonly store: ThreadStore; readonly task: Task; readonly side: CleanupSide },
  removable: readonly ThreadAge[],
  before: CleanupTally,
): Promise<CleanupTally> {
  const left = batchesOf(removable).toReversed();
  let tally = before;
  for (let batch = left.pop(); batch !== undefined; batch = left.pop()) {
    side.throwIfStopped();
    const removal = await (task.dryRun ? store.preview(batch) : store.remove(batch));
    if (removal !== 'too_slow') tally = withRemoved(tally, removal);
    else if (batch.length > 1) left.push(...halvesOf(batch).toReversed());
    else tally = { ...tally, tooSlow: add(tally.tooSlow, idsOf(batch)) };
    side.heartbeat(tally.removed);
    if (removal !== 'too_slow' && removal.failure !== undefined) throw removal.failure;
  }
  return tally;
}

/** Goes over all threads of the database, page by page; nothing is held in memory but one page and the counts. */
export async function cleanThreads(
  store: ThreadStore,
  task: CleanupTask,
  side: CleanupSide,
): Promise<CleanupTally> {
  const how = { store, task: { ...task, kept: new Set(task.keep) }, side };
  let tally = begin(task.progress);
  for (;;) {
    side.throwIfStopped();
    const page = await store.nextThreads();
    if ('tooSlow' in page) {
      tally = passOver(page.threadId, how.task, tally);
      continue;
    }
    if (page.length === 0) break;
    const judged = judgePage(page, how.task, tally);
    tally = await removeAll(how, judged.removable, judged.tally);
  }
  if (!task.dryRun) await store.tidy();
  return tally;
}
