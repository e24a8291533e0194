import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { versionOf } from './version.ts';

export const DOWNLOAD_BASE_URL = 'https://temporal.download';

export interface DownloadOptions {
  readonly version: string;
  /** Where the binary goes; its directory exists. */
  readonly target: string;
  readonly baseUrl: string;
  /** Until the first byte: a machine without internet must not wait long. */
  readonly answerTimeoutMs: number;
  /** For the whole archive, about 50 MB. */
  readonly totalTimeoutMs: number;
}

/** Fetches the official archive and puts its binary at `target`, at once or not at all. Rejects on any failure. */
export async function downloadTemporal(options: DownloadOptions): Promise<void> {
  const scratch = await mkdtemp(join(dirname(options.target), '.download-'));
  try {
    const archive = join(scratch, 'archive.tar.gz');
    await fetchTo(archive, options);
    await promisify(execFile)('tar', ['-xzf', archive, '-C', scratch, 'temporal']);
    const binary = join(scratch, 'temporal');
    await chmod(binary, 0o755);
    const version = await versionOf(binary);
    if (version !== options.version) throw new Error(`the archive holds version ${version ?? 'unknown'}`);
    await rename(binary, options.target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function fetchTo(file: string, options: DownloadOptions): Promise<void> {
  const abort = new AbortController();
  const answer = setTimeout(() => abort.abort(new Error('no answer in time')), options.answerTimeoutMs);
  const total = setTimeout(() => abort.abort(new Error('too slow')), options.totalTimeoutMs);
  try {
    const response = await fetch(archiveUrl(options), { signal: abort.signal });
    clearTimeout(answer);
    if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal: abort.signal });
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(answer);
    clearTimeout(total);
  }
}

function archiveUrl(options: DownloadOptions): URL {
  const url = new URL(`/cli/archive/v${options.version}`, options.baseUrl);
  url.searchParams.set('platform', process.platform);
  url.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  return url;
}
