/** What the job offers to `activities/`, `api/` and the operator's commands. */
import type { Logger } from 'pino';
import type { BackupKind } from '../../domain/backup-name.ts';
import type { CheckpointDatabase } from '../../domain/checkpoint-database.ts';

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
}

export interface BackupContext {
  readonly signal: AbortSignal;
  readonly heartbeat: () => void;
}

/** A finished backup, as `GET /backups` lists it. */
export interface BackupEntry {
  readonly filename: string;
  readonly path: string;
  readonly size_bytes: number;
  /** ISO 8601 in UTC; of the name. */
  readonly created_at: string;
}

export type SkipReason = 'not_configured' | 'not_ours' | 'no_such_file';

/** What became of one kind in one run. */
export type BackupOutcome =
  | { readonly kind: BackupKind; readonly backup: BackupEntry; readonly removed: readonly string[] }
  | { readonly kind: BackupKind; readonly skipped: SkipReason };

/** The result of a run over all kinds. One that fails does not keep the others from being made. */
export interface BackupResult {
  readonly backups: readonly BackupEntry[];
  /** Names of older ones that were too many. */
  readonly removed: readonly string[];
  readonly skipped: readonly { readonly kind: BackupKind; readonly reason: SkipReason }[];
  readonly errors: readonly string[];
}
