import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ThreadError } from '../thread/messages.ts';
import { runInThread } from '../thread/run-in-thread.ts';
import type { BackupContext, BackupDeps } from './contract.ts';
import { findBackups, type ListedBackup } from './list.ts';
import { isRefusal, RestoreError } from './restore-error.ts';
import { restoreLedger } from './restore-ledger.ts';
import { incomingName } from './sqlite/incoming.ts';
import type { RestoreAnswer, RestoreJob } from './sqlite/restore-job.ts';
import { hasCode } from '../../domain/has-code.ts';

const RESTORE_JOB = new URL('./sqlite/restore-job.ts', import.meta.url);

export interface RestoreWish {
  /** A name of the list; a path is none. */
  readonly filename: string;
  /** SQLite only: do not ask whether others have the database open. */
  readonly force: boolean;
}

export interface Restored {
  readonly filename: string;
  /** Where the database that was there before is now; null where there was none. */
  readonly kept: string | null;
}

async function find({ settings }: BackupDeps, filename: string): Promise<ListedBackup> {
  const found = (await findBackups(settings.directory)).find(({ entry }) => entry.filename === filename);
  if (found !== undefined) return found;
  throw new RestoreError(
    'unknown_backup',
    `no backup in ${settings.directory} is called ${JSON.stringify(filename)}`,
  );
}

/**
 * Where the database really is, or is to be: a symbolic link to it would be replaced by the new one, and the old one used
 * on. Throws `ELOOP` where links go in a circle.
 */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const parent = await realpath(dirname(path));
  const leaf = join(parent, basename(path));
  const link = await linkAt(leaf);
  return link === undefined ? leaf : realTarget(resolve(parent, link));
}

/** What a symbolic link says; undefined where there is none. */
async function linkAt(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}

async function restoreSqlite(
  { settings, now, log }: BackupDeps,
  { entry }: ListedBackup,
  { force, context }: { readonly force: boolean; readonly context: BackupContext },
): Promise<string | null> {
  const { checkpoints } = settings;
  if (checkpoints?.kind !== 'sqlite') {
    throw new RestoreError('not_configured', 'CHECKPOINT_DATABASE names no SQLite database to restore into');
  }
  const target = await realTarget(checkpoints.path);
  const nowMs = now();
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').replace('.', '_');
  const kept = `${target}.before_restore_${time}`;
  const incoming = incomingName(target, time);
  const job: RestoreJob = { backup: entry.path, target, kept, incoming, force, nowMs };
  try {
    // Cut off between two of its steps, it would leave the old database without its log.
    const answer = await runInThread<RestoreAnswer>(RESTORE_JOB, job, { ...context, graceMs: null });
    if (!answer.isTheirs) {
      const told = 'it does not belong to whom the old one belonged: see that its chat services may open it';
      log.warn({ event: 'restored_owner_differs', path: target }, told);
    }
    return answer.kept ? kept : null;
  } catch (error) {
    if (error instanceof ThreadError && isRefusal(error.code))
      throw new RestoreError(error.code, error.message);
    throw error;
  }
}

/**
 * Restores a listed backup: the SQLite database in one step, with the present one kept beside it; the ledger into an
 * empty, migrated database. Throws {@link RestoreError} where that is refused; then nothing has changed.
 */
export async function restoreBackup(
  deps: BackupDeps,
  { filename, force }: RestoreWish,
  context: BackupContext,
): Promise<Restored> {
  const backup = await find(deps, filename);
  let kept: string | null = null;
  if (backup.kind === 'memory') kept = await restoreSqlite(deps, backup, { force, context });
  else await restoreLedger(backup.entry.path, deps.settings.ledgerUrl, context);
  deps.log.info({ event: 'backup_restored', filename, kept });
  return { filename, kept };
}
