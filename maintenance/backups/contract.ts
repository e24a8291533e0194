/** What the job offers to `activities/`, `api/` and the operator's commands. */
import type { Logger } from 'pino';
import type { CheckpointDatabase } from '../../domain/checkpoint-database.ts';

export type {
  BackupEntry,
  BackupOutcome,
  BackupResult,
  BackupWish,
  SkipReason,
} from '../../activities/job-contract.ts';

export interface BackupSettings {
  /** Absolute; made where it is missing. */
  readonly directory: string;
  /** How many nightly backups of each kind are kept, and how many manual ones beside them; at least 1. */
  readonly keep: number;
  /** Where LangGraph keeps conversations, if anywhere. */
  readonly checkpoints: CheckpointDatabase | undefined;
  /** PostgreSQL connection string of the ledger. */
  readonly ledgerUrl: string;
}

export interface BackupDeps {
  readonly settings: BackupSettings;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How an old backup is deleted; as any file, unless a test says otherwise. */
  readonly remove?: (path: string) => Promise<void>;
}

export interface BackupContext {
  readonly signal: AbortSignal;
  readonly heartbeat: () => void;
}
