import type { Dir, Dirent } from 'node:fs';
import { lstat, opendir, unlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Logger } from 'pino';
import type { PassContext } from '../../deletion/pass-context.ts';
import { asPath, toBytes, toText } from '../bytes.ts';
import { resolveDirectory } from '../directories.ts';
import { errorCode } from '../error-code.ts';
import { canPin, closePlace, isThere, isWritable, openRoot, type Place } from '../place.ts';
import { vanished } from '../vanished.ts';
import type { AgedFilesCleanup, AgedFilesRun } from './contract.ts';
import type { AgedFilesSettings } from './settings.ts';

/** Failures of single files that are told; with many files it is the same with each. */
const MOST_TOLD = 20;

export interface AgedFilesDeps {
  readonly log: Logger;
  readonly settings: AgedFilesSettings;
}

interface Counts {
  deleted_count: number;
  freed_bytes: number;
  checked_count: number;
  errors: number;
}

interface Run extends AgedFilesDeps {
  readonly place: Place;
  readonly pinned: boolean;
  readonly dryRun: boolean;
  readonly counts: Counts;
}

/**
 * Deletes old files directly in a directory. One that cannot be deleted stops nothing; a directory that is not there is
 * no error.
 *
 * @throws a plain error where the directory is refused or does not answer; the signal's reason where it was asked to stop.
 */
export async function cleanAgedFiles(
  deps: AgedFilesDeps,
  { dryRun }: AgedFilesRun,
  context: PassContext,
): Promise<AgedFilesCleanup> {
  const begin = performance.now();
  const resolved = await resolveDirectory(deps.settings.directory, deps.settings.guarded);
  if (resolved.kind !== 'directory') throw new Error(resolved.reason);
  const counts: Counts = { deleted_count: 0, freed_bytes: 0, checked_count: 0, errors: 0 };
  const pinned = canPin();
  try {
    const place = openRoot(toBytes(resolved.path), pinned);
    try {
      await cleanEntries({ ...deps, place, pinned, dryRun, counts }, context);
    } finally {
      closePlace(place);
    }
  } catch (error) {
    context.signal.throwIfAborted();
    const code = errorCode(error);
    if (code !== 'ENOENT') tellFailure({ ...deps, counts }, { path: resolved.path, code });
  }
  const duration = Math.round((performance.now() - begin) * 10) / 10;
  const result = { ...counts, duration_ms: duration, dry_run: dryRun };
  deps.log.info({ event: 'aged_files_cleaned', ...result }, 'aged files deleted');
  return result;
}

async function cleanEntries(run: Run, { signal, heartbeat }: PassContext): Promise<void> {
  const directory = await opendir(asPath(run.place.hold), { encoding: 'latin1' });
  try {
    for (let entry = await next(directory); entry !== null; entry = await next(directory)) {
      signal.throwIfAborted();
      if (entry === 'vanished' || !posix.matchesGlob(toText(entry.name), run.settings.glob)) continue;
      run.counts.checked_count += 1;
      heartbeat();
      await cleanFile(run, entry.name);
    }
  } finally {
    await directory.close();
  }
}

async function next(directory: Dir): Promise<Dirent | 'vanished' | null> {
  try {
    return await directory.read();
  } catch (error) {
    return vanished(error);
  }
}

async function cleanFile(run: Run, name: string): Promise<void> {
  const { place, counts, settings } = run;
  try {
    const seen = await lstat(asPath(place.hold + name));
    if (!seen.isFile() || Date.now() - seen.mtimeMs <= settings.maxAgeMs) return;
    if (!isThere(place, run.pinned)) return;
    if (!run.dryRun) await unlink(asPath(place.hold + name));
    else if (!isWritable(place)) return tellFailure(run, { path: toText(name), code: 'EACCES' });
    counts.deleted_count += 1;
    counts.freed_bytes += seen.size;
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') tellFailure(run, { path: toText(name), code });
  }
}

function tellFailure(
  { counts, log }: { readonly counts: Counts; readonly log: Logger },
  failure: { readonly path: string; readonly code: string },
): void {
  counts.errors += 1;
  if (counts.errors <= MOST_TOLD) log.warn(failure, 'an aged file could not be looked at or deleted');
}
