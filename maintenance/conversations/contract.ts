/** What the job offers to `activities/`, `api/` and the operator's command. */
import type { Logger } from 'pino';
import type { CleanupProgress, ConversationsRun } from '../../activities/job-contract.ts';
import type { CheckpointDatabase } from '../../domain/checkpoint-database.ts';
import type { ConversationStrategy } from '../../domain/conversations.ts';
import type { ThreadContext } from '../thread/run-in-thread.ts';

export type {
  CleanupProgress,
  ConversationsCleanup as CleanupResult,
} from '../../activities/job-contract.ts';

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

export interface CleanupWish extends ConversationsRun {
  /** Of an earlier attempt at the same run. */
  readonly progress?: CleanupProgress | undefined;
}

export type CleanupContext = ThreadContext<CleanupProgress>;
