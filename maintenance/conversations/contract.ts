/** What the job offers to `activities/`, `api/` and the operator's command. */
import type { Logger } from 'pino';
import type { CheckpointDatabase } from '../../domain/checkpoint-database.ts';
import type { ConversationStrategy } from '../../domain/conversations.ts';
import type { ThreadContext } from '../thread/run-in-thread.ts';

export interface ConversationSettings {
  readonly database: CheckpointDatabase;
  /** Whole days, at least 1. */
  readonly retentionDays: number;
  readonly strategy: ConversationStrategy;
  /** Ids of threads that are never touched. */
  readonly keep: readonly string[];
}

export interface ConversationDeps {
  readonly settings: ConversationSettings;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What was removed so far: an activity that is tried again goes on counting from its last heartbeat. */
export interface CleanupProgress {
  readonly sessions_deleted: number;
  readonly checkpoints_deleted: number;
}

export interface CleanupWish {
  readonly dryRun: boolean;
  /** Instead of the setting. */
  readonly retentionDays?: number | undefined;
  /** Of an earlier attempt at the same run. */
  readonly progress?: CleanupProgress | undefined;
}

/**
 * The result of a run. `sessions_deleted` are threads that were removed whole: none with `keep_latest`.
 * A dry run gives the numbers that a run would.
 */
export interface CleanupResult extends CleanupProgress {
  readonly sessions_remaining: number;
  readonly errors: readonly string[];
  readonly dry_run: boolean;
}

export type CleanupContext = ThreadContext<CleanupProgress>;
