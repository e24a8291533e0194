import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseCheckpointDatabase, type CheckpointDatabase } from '../domain/checkpoint-database.ts';
import type { ConversationStrategy } from '../domain/conversations.ts';
import type { AgedFilesSettings } from './aged-files/settings.ts';
import type { BackupSettings } from './backups/contract.ts';
import type { ConversationSettings } from './conversations/contract.ts';
import type { Guarded } from './directories.ts';
import type { ResultsSettings } from './results/deps.ts';

const HOUR_MS = 3_600_000;

/** The configuration this room uses, under the names of the environment. */
export interface MaintenanceConfig {
  readonly RESULTS_DIR?: string | undefined;
  readonly RESULTS_LEFTOVER_HOURS: number;
  readonly METRICS_URL?: string | undefined;
  readonly METRICS_TOKEN?: string | undefined;
  readonly CHECKPOINT_DATABASE?: string | undefined;
  readonly CONVERSATION_RETENTION_DAYS: number;
  readonly CONVERSATION_STRATEGY: string;
  readonly CONVERSATION_KEEP: readonly string[];
  readonly BACKUP_DIR?: string | undefined;
  readonly BACKUP_KEEP: number;
  readonly AGED_FILES_DIR?: string | undefined;
  readonly AGED_FILES_GLOB: string;
  readonly AGED_FILES_MAX_HOURS: number;
  readonly DATABASE_URL?: string | undefined;
  readonly DATA_DIR: string;
}

/** What each job works with; undefined where nothing is configured for it. */
export interface MaintenanceSettings {
  readonly results: ResultsSettings | undefined;
  /** Where cleanups of results are reported to. */
  readonly metricsUrl: string | undefined;
  /** What the receiver wants as a bearer token; undefined = nothing. */
  readonly metricsToken: string | undefined;
  readonly agedFiles: AgedFilesSettings | undefined;
  readonly conversations: ConversationSettings | undefined;
  readonly backups: BackupSettings;
}

/** The room's settings from the configuration; `CHECKPOINT_DATABASE` was checked there. */
export function maintenanceSettings(config: MaintenanceConfig): MaintenanceSettings {
  const guarded: Guarded = { home: homedir(), data: resolve(config.DATA_DIR) };
  const checkpoints = checkpointDatabase(config.CHECKPOINT_DATABASE, guarded.home);
  const backups = resolve(config.BACKUP_DIR ?? join(config.DATA_DIR, 'backups'));
  return {
    results: config.RESULTS_DIR === undefined ? undefined : resultsSettings(config, guarded),
    metricsUrl: config.METRICS_URL,
    metricsToken: config.METRICS_TOKEN,
    agedFiles:
      config.AGED_FILES_DIR === undefined
        ? undefined
        : agedFilesSettings(config, { ...guarded, closed: { DATA_DIR: guarded.data, BACKUP_DIR: backups } }),
    conversations: checkpoints && conversationSettings(config, checkpoints),
    backups: {
      directory: backups,
      keep: config.BACKUP_KEEP,
      checkpoints,
      ledgerUrl: config.DATABASE_URL ?? '',
    },
  };
}

function resultsSettings(config: MaintenanceConfig, guarded: Guarded): ResultsSettings {
  const directory = config.RESULTS_DIR ?? '';
  return { directory, guarded, leftoverMs: config.RESULTS_LEFTOVER_HOURS * HOUR_MS };
}

function agedFilesSettings(config: MaintenanceConfig, guarded: Guarded): AgedFilesSettings {
  return {
    directory: config.AGED_FILES_DIR ?? '',
    guarded,
    glob: config.AGED_FILES_GLOB,
    maxAgeMs: config.AGED_FILES_MAX_HOURS * HOUR_MS,
  };
}

function conversationSettings(config: MaintenanceConfig, database: CheckpointDatabase): ConversationSettings {
  return {
    database,
    retentionDays: config.CONVERSATION_RETENTION_DAYS,
    strategy: config.CONVERSATION_STRATEGY as ConversationStrategy,
    keep: config.CONVERSATION_KEEP,
  };
}

/** `~/` in the path of a file is the home directory, as in every other path of the configuration. */
function checkpointDatabase(text: string | undefined, home: string): CheckpointDatabase | undefined {
  const database = text === undefined ? undefined : parseCheckpointDatabase(text);
  if (database?.kind !== 'sqlite') return database;
  const { path } = database;
  return { kind: 'sqlite', path: path.startsWith('~/') ? join(home, path.slice(2)) : resolve(path) };
}
