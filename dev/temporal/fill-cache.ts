import { setTimeout as sleep } from 'node:timers/promises';
import { LockedError, takeLock } from '../processes/pid-lock.ts';
import { NoTemporalError, type FindOptions, type TemporalBinary } from './binary.ts';
import { buildTemporal } from './build.ts';
import { DOWNLOAD_BASE_URL, downloadTemporal } from './download.ts';
import { PINNED_VERSION, versionOf } from './version.ts';

const ANSWER_TIMEOUT_MS = 5_000;
const TOTAL_TIMEOUT_MS = 120_000;
const LOCK_RETRY_MS = 1_000;
const WAIT_NOTICE_MS = 10_000;

/** Puts the pinned release at `target` by download or build; two starters at once do it once. */
export async function fillCache(target: string, options: FindOptions): Promise<TemporalBinary['source']> {
  const release = await waitForLock(`${target}.lock`, options.progress);
  try {
    if ((await versionOf(target)) === PINNED_VERSION) return 'cache';
    return await downloadOrBuild(target, options);
  } finally {
    release();
  }
}

async function downloadOrBuild(target: string, options: FindOptions): Promise<TemporalBinary['source']> {
  options.progress(`fetching the Temporal server ${PINNED_VERSION} (once; it is kept in ${target})`);
  try {
    await downloadTemporal({
      version: PINNED_VERSION,
      target,
      baseUrl: options.downloadBaseUrl ?? DOWNLOAD_BASE_URL,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
    });
    return 'download';
  } catch (downloadError) {
    options.progress(
      `no download (${reason(downloadError)}); building it with Go instead, which takes some minutes`,
    );
    try {
      await buildTemporal({ version: PINNED_VERSION, target, env: options.env, progress: options.progress });
      return 'build';
    } catch (buildError) {
      throw new NoTemporalError(waysOut(target, reason(downloadError), reason(buildError)), buildError);
    }
  }
}

async function waitForLock(file: string, progress: (line: string) => void): Promise<() => void> {
  for (let waitedMs = 0; ; waitedMs += LOCK_RETRY_MS) {
    try {
      return takeLock(file);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (waitedMs % WAIT_NOTICE_MS === 0) {
        progress(`process ${error.holder.pid} is already fetching the Temporal server; waiting for it`);
      }
    }
    await sleep(LOCK_RETRY_MS);
  }
}

function waysOut(target: string, download: string, build: string): string {
  return [
    `No Temporal server: the download failed (${download}) and so did the build (${build}). Any one of these helps:`,
    '  - install the Temporal CLI so that `temporal` is on the PATH (https://docs.temporal.io/cli)',
    '  - set TEMPORAL_CLI to the path of a temporal binary',
    `  - copy a temporal ${PINNED_VERSION} binary to ${target}`,
    '  - install Go 1.26 or newer, with a reachable module proxy',
    '  - set TEMPORAL_ADDRESS to a Temporal server that runs elsewhere',
  ].join('\n');
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
