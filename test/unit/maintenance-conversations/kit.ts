/** What the tests of both databases share: one run of the job, with what it logged. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { cleanUpConversations } from '../../../maintenance/conversations/clean-up.ts';
import type {
  CleanupProgress,
  CleanupWish,
  ConversationSettings,
} from '../../../maintenance/conversations/contract.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { startSaver, type SaverProcess } from './saver-process.ts';
import { NOW_MS } from './savers.ts';

export interface LogLine {
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface RunOptions extends Partial<CleanupWish> {
  readonly settings?: Partial<ConversationSettings>;
  readonly signal?: AbortSignal;
  readonly heartbeat?: (progress: CleanupProgress) => void;
  readonly nowMs?: number;
}

/** One run of the job. */
export async function cleanUp(database: ConversationSettings['database'], options: RunOptions = {}) {
  const logged: LogLine[] = [];
  const log = pino(
    { level: 'debug' },
    { write: (line: string) => void logged.push(JSON.parse(line) as LogLine) },
  );
  const settings: ConversationSettings = {
    ...{ database, retentionDays: 7, strategy: 'delete', keep: [] },
    ...options.settings,
  };
  const { dryRun = false, retentionDays, progress } = options;
  const result = await cleanUpConversations(
    { settings, log, now: () => options.nowMs ?? NOW_MS },
    { dryRun, retentionDays, progress },
    {
      signal: options.signal ?? new AbortController().signal,
      heartbeat: options.heartbeat ?? (() => undefined),
    },
  );
  const events = logged.map((line) => line.event);
  const line = (event: string) => logged.find((one) => one.event === event);
  return { result, logged, events, line };
}

export const hashOf = (threadId: string) => createHash('sha256').update(threadId).digest('hex').slice(0, 16);

export interface SqliteBench {
  readonly path: string;
  readonly database: { readonly kind: 'sqlite'; readonly path: string };
  readonly saver: SaverProcess;
  rows(sql: string): readonly Record<string, unknown>[];
}

/** A fresh SQLite database, open in a process with LangGraph's JavaScript saver. */
export async function sqliteBench(): Promise<SqliteBench> {
  const path = join(scratchDirectory('conversations'), 'memory.db');
  const saver = await startSaver(path);
  return { path, database: { kind: 'sqlite', path }, saver, rows: (sql) => rowsOf(path, sql) };
}

/** Rows of a database, by a connection that is closed at once. */
export function rowsOf(path: string, sql: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(path);
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
