/** What the cleanup of stored conversations works with, whatever database they are in. */

export const CONVERSATION_STRATEGIES = ['delete', 'keep_latest'] as const;
/**
 * What becomes of a thread past retention. `delete`: removed whole. `keep_latest`: the latest checkpoint of each
 * `checkpoint_ns` stays, with its writes and the blobs it refers to.
 */
export type ConversationStrategy = (typeof CONVERSATION_STRATEGIES)[number];

/** One thread as a look at its checkpoints shows it. */
export interface ThreadAge {
  readonly threadId: string;
  readonly checkpoints: number;
  /** Values of `checkpoint_ns`, at least one. */
  readonly namespaces: number;
  /** Checkpoints whose age cannot be told. */
  readonly undated: number;
  /** Of the youngest dated checkpoint, epoch milliseconds; null where none is dated. */
  readonly newestMs: number | null;
}

/** Whether a thread is past retention: every checkpoint dated, and none younger than the cut. */
export function isPastRetention(thread: ThreadAge, cutMs: number): boolean {
  return thread.undated === 0 && thread.newestMs !== null && thread.newestMs <= cutMs;
}

/** Whether the strategy finds anything to remove of such a thread; most were left with their latest long ago. */
export function hasRemovable(thread: ThreadAge, strategy: ConversationStrategy): boolean {
  return strategy === 'delete' || thread.checkpoints > thread.namespaces;
}

/** What the removal of some threads came to. */
export interface Removed {
  /** Threads that were removed whole. */
  readonly threads: number;
  readonly checkpoints: number;
  /** Threads that were kept because they woke up after the first look. */
  readonly awake: readonly string[];
  /** Threads that `keep_latest` has to leave whole: their latest state is rebuilt from older checkpoints. */
  readonly rebuilt: readonly string[];
}

/** Whether the database looks as LangGraph's savers make it; `detail` is for the log. */
export type CheckpointShape =
  | { readonly kind: 'known' }
  | { readonly kind: 'table_missing'; readonly detail: string }
  | { readonly kind: 'unexpected'; readonly detail: string };

/** Tables of a saver with the columns the cleanup relies on; others may be there. */
export type ExpectedTables = Readonly<Record<string, readonly string[]>>;

/** The table without which there are no conversations. */
const CHECKPOINTS = 'checkpoints';

/**
 * Compares the columns that are there, by table, with those that have to be. A table of checkpoints with other columns
 * is somebody else's: that says more than that another table is missing beside it.
 */
export function judgeShape(
  expected: ExpectedTables,
  found: Readonly<Record<string, readonly string[]>>,
): CheckpointShape {
  const isThere = (table: string): boolean => (found[table] ?? []).length > 0;
  const tables = Object.keys(expected);
  const missing = tables.filter((table) => !isThere(table));
  const lacking = tables
    .filter(isThere)
    .flatMap((table) =>
      (expected[table] ?? [])
        .filter((column) => !(found[table] ?? []).includes(column))
        .map((column) => `${table}.${column}`),
    );
  if (isThere(CHECKPOINTS) && lacking.length > 0) {
    return { kind: 'unexpected', detail: `without ${lacking.join(', ')}` };
  }
  if (missing.length > 0) return { kind: 'table_missing', detail: `no table ${missing.join(', ')}` };
  return { kind: 'known' };
}
