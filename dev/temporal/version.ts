import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The release that we build and download; `tools/temporal/go.mod` names the same one (a test compares). */
export const PINNED_VERSION = '1.8.2';
/** CLI 1.5.0 carries server 1.29, the oldest whose behaviour was looked up; the tests run against 1.8.2 only. */
export const MINIMUM_VERSION = '1.5.0';
const TIMEOUT_MS = 20_000;

/** The version that `temporal --version` prints, as `1.8.2`; null where the program does not run or is another. */
export async function versionOf(binary: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: TIMEOUT_MS, env: {} });
    return /^temporal version v?(\d+\.\d+\.\d+)/m.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** True where `version` is at least the minimum; both as `1.8.2`. */
export function isRecentEnough(version: string): boolean {
  const [left, right] = [version, MINIMUM_VERSION].map((text) => text.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
