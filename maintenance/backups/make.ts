import { stat } from 'node:fs/promises';
import type { BackupKind } from '../../domain/backup-name.ts';
import { safeErrorText } from '../../domain/redact.ts';
import { withSnapshot } from '../../ledger/dump/index.ts';
import { atMost } from '../at-most.ts';
import { runInThread } from '../thread/run-in-thread.ts';
import { checkArchive } from './archive/open.ts';
import { writeArchive } from './archive/write.ts';
import type {
  BackupContext,
  BackupDeps,
  BackupEntry,
  BackupOutcome,
  BackupWish,
  SkipReason,
} from './contract.ts';
import { giveUpPlace, publish, takePlace, type BackupPlace } from './place.ts';
import { pruneBackups, removeLeftovers, type Pruned } from './prune.ts';
import { markRun, publishedBefore } from './run-mark.ts';
import type { CopyJob } from './sqlite/copy-job.ts';
import { hasCode } from '../../domain/has-code.ts';

/** What a directory that answers needs for a few files, many times over. */
const GIVE_UP_MS = 1_000;
const COPY_JOB = new URL('./sqlite/copy-job.ts', import.meta.url);

/** Writes and checks the content of a backup; rejects once it is asked to stop. */
type Write = (place: BackupPlace) => Promise<void>;
type Writer = (place: BackupPlace, context: BackupContext) => Promise<void>;

/** How the kind is written; or why it is not. */
async function writerOf({ settings }: BackupDeps, kind: BackupKind): Promise<Writer | SkipReason> {
  if (kind === 'ledger') return (place, context) => writeLedger(settings.ledgerUrl, place, context);
  const { checkpoints } = settings;
  if (checkpoints === undefined) return 'not_configured';
  // Somebody else's server, with backups of its own.
  if (checkpoints.kind === 'postgres') return 'not_ours';
  const source = checkpoints.path;
  if (!(await isFile(source))) return 'no_such_file';
  return async ({ temporary }, { signal, heartbeat }) => {
    const job: CopyJob = { source, target: temporary };
    await runInThread(COPY_JOB, job, { signal, heartbeat });
  };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function writeLedger(
  url: string,
  place: BackupPlace,
  { signal, heartbeat }: BackupContext,
): Promise<void> {
  const wish = { path: place.temporary, takenAtMs: place.name.takenAtMs, signal, heartbeat };
  await withSnapshot(url, signal, (snapshot) => writeArchive(snapshot, wish));
  await checkArchive(place.temporary, signal, heartbeat);
}

async function makeNew(deps: BackupDeps, wish: BackupWish, write: Write): Promise<BackupEntry> {
  const { directory } = deps.settings;
  const begunAt = performance.now();
  const place = await takePlace(directory, { ...wish, takenAtMs: deps.now() });
  try {
    await write(place);
    // Whoever did not hear of this try for a while has begun another, and that one may have been faster.
    const other = await madeBefore(deps, wish);
    if (other !== undefined) {
      await giveUpPlace(place);
      return other;
    }
    await note(deps, wish, place.filename);
    await publish(place);
  } catch (error) {
    // A disk that does not answer has no answer for this either; what it leaves is cleared away hours later.
    await atMost(GIVE_UP_MS, giveUpPlace(place));
    throw error;
  }
  const { name, filename, path } = place;
  const size_bytes = (await stat(path)).size;
  const duration_ms = Math.round(performance.now() - begunAt);
  deps.log.info({ event: 'backup_made', kind: wish.kind, filename, size_bytes, duration_ms });
  return { filename, path, size_bytes, created_at: new Date(name.takenAtMs).toISOString() };
}

/** A backup is worth more than the note that it was made. */
async function note({ settings, log }: BackupDeps, wish: BackupWish, filename: string): Promise<void> {
  try {
    await markRun(settings.directory, wish, filename);
  } catch (error) {
    log.warn({ event: 'backup_mark_failed', kind: wish.kind, filename, err: error });
  }
}

/** The backup that another try of this run has made, and may not have lived to tell of. */
async function madeBefore({ settings, log }: BackupDeps, wish: BackupWish): Promise<BackupEntry | undefined> {
  const found = await publishedBefore(settings.directory, wish);
  if (found !== undefined) log.info({ event: 'backup_found', kind: wish.kind, filename: found.filename });
  return found;
}

/**
 * Deletes what is too many, and what dead processes left. Never rejects: the backup is made, and another try at it would
 * make one more, and push out one that was kept.
 */
async function tidy(deps: BackupDeps, wish: BackupWish, filename: string): Promise<readonly string[]> {
  const { settings, log, remove } = deps;
  const { directory, keep } = settings;
  const tell = ({ removed, failed }: Pruned): readonly string[] => {
    for (const name of removed) log.info({ event: 'backup_removed', filename: name });
    for (const { filename: name, error } of failed) {
      log.warn({ event: 'backup_prune_failed', filename: name, err: error });
    }
    return removed;
  };
  try {
    const removed = tell(await pruneBackups(directory, { ...wish, filename }, { keep, remove }));
    tell(await removeLeftovers(directory, deps.now(), remove));
    return removed;
  } catch (error) {
    log.warn({ event: 'backup_prune_failed', err: error });
    return [];
  }
}

async function makeIfAny(
  deps: BackupDeps,
  wish: BackupWish,
  context: BackupContext,
): Promise<BackupEntry | SkipReason> {
  const write = await writerOf(deps, wish.kind);
  if (typeof write === 'string') return write;
  return makeNew(deps, wish, async (place) => {
    await write(place, context);
    context.signal.throwIfAborted();
  });
}

/**
 * Makes one backup under a temporary name, checks it, gives it its name, and deletes those that are too many; a second
 * try of one run finds what the first has made. Rejects where that fails; then nothing of it is left, and no older one is
 * deleted. That an older one cannot be deleted is a warning.
 */
export async function makeBackup(
  deps: BackupDeps,
  wish: BackupWish,
  context: BackupContext,
): Promise<BackupOutcome> {
  const { kind } = wish;
  try {
    const backup = (await madeBefore(deps, wish)) ?? (await makeIfAny(deps, wish, context));
    if (typeof backup !== 'string') return { kind, backup, removed: await tidy(deps, wish, backup.filename) };
    deps.log.info({ event: 'backup_skipped', kind, reason: backup });
    return { kind, skipped: backup };
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = safeErrorText(error instanceof Error ? error.message : String(error));
    deps.log.error({ event: 'backup_failed', kind, reason });
    throw error;
  }
}
