import { stat } from 'node:fs/promises';
import { retentionCutMs } from '../../domain/retention-days.ts';
import { CheckpointDatabaseError } from '../../ledger/checkpoints/index.ts';
import { ThreadError } from '../thread/messages.ts';
import { runInThread } from '../thread/run-in-thread.ts';
import { cleanThreads, type CleanupTally, type CleanupTask } from './clean-threads.ts';
import type { CleanupContext, CleanupProgress, CleanupWish, ConversationDeps } from './contract.ts';
import { openPostgresStore } from './postgres-store.ts';
import type { JobAnswer, SqliteJob } from './sqlite/job.ts';
import { hasCode } from '../../domain/has-code.ts';

const NOTHING = { sessions_deleted: 0, checkpoints_deleted: 0 };
const SQLITE_JOB = new URL('./sqlite/job.ts', import.meta.url);
/** The code of everything that SQLite itself says. */
const SQLITE_ERROR = 'ERR_SQLITE_ERROR';

/** How a run ended. `failed`: the database's fault, not ours; what it said is in the error, what was done before it
 * in `removed`. */
export type CleanupOutcome =
  | { readonly kind: 'done'; readonly tally: CleanupTally }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'unexpected'; readonly detail: string }
  | { readonly kind: 'failed'; readonly error: Error; readonly removed: CleanupProgress };

export interface CleanupRun extends CleanupTask {
  readonly retentionDays: number;
}

/** The run that is wished for, with its cut. */
export function planCleanup({ settings, now }: ConversationDeps, wish: CleanupWish): CleanupRun {
  const retentionDays = wish.retentionDays ?? settings.retentionDays;
  const cutMs = retentionCutMs(retentionDays, now());
  const { dryRun } = wish;
  // What a dry run has counted is still there to be counted.
  const progress = dryRun ? NOTHING : (wish.progress ?? NOTHING);
  const { strategy, keep } = settings;
  return { cutMs, retentionDays, strategy, keep, dryRun, progress };
}

function isDatabaseFault(error: unknown): error is Error {
  if (error instanceof ThreadError) return error.code === SQLITE_ERROR;
  return error instanceof CheckpointDatabaseError;
}

function toOutcome(answer: JobAnswer): CleanupOutcome {
  if (!('kind' in answer)) return { kind: 'done', tally: answer };
  return answer.kind === 'unexpected'
    ? { kind: 'unexpected', detail: answer.detail }
    : { kind: 'skipped', reason: answer.detail };
}

async function inPostgres(
  url: string,
  { run, context }: { readonly run: CleanupRun; readonly context: CleanupContext },
): Promise<JobAnswer> {
  const store = openPostgresStore(url, run);
  const throwIfStopped = () => context.signal.throwIfAborted();
  try {
    const shape = await store.shape();
    if (shape.kind !== 'known') return shape;
    return await cleanThreads(store, run, { throwIfStopped, heartbeat: context.heartbeat });
  } finally {
    await store.close();
  }
}

async function inSqlite(
  path: string,
  { run, context }: { readonly run: CleanupRun; readonly context: CleanupContext },
): Promise<JobAnswer> {
  if (!(await isThere(path))) return { kind: 'table_missing', detail: 'no such file' };
  const job: SqliteJob = { path, task: run };
  return runInThread<JobAnswer, CleanupProgress>(SQLITE_JOB, job, context);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Where it may not be looked at, SQLite will say so.
    return !hasCode(error, 'ENOENT', 'ENOTDIR');
  }
}

/** Looks into the database and removes what is past retention. Rejects only for faults of our own, and when aborted. */
export async function runCleanup(
  deps: ConversationDeps,
  run: CleanupRun,
  context: CleanupContext,
): Promise<CleanupOutcome> {
  const { database } = deps.settings;
  let removed = run.progress;
  const heartbeat = (progress: CleanupProgress) => {
    removed = progress;
    context.heartbeat(progress);
  };
  const how = { run, context: { ...context, heartbeat } };
  try {
    return toOutcome(
      await (database.kind === 'postgres' ? inPostgres(database.url, how) : inSqlite(database.path, how)),
    );
  } catch (error) {
    if (!isDatabaseFault(error)) throw error;
    return { kind: 'failed', error, removed };
  }
}
