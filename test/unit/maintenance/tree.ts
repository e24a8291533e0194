/** Directories of cached results, as a writer leaves them. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchPlace } from '../../support/scratch-place.ts';

const HOUR_MS = 3_600_000;
export const RESULT_BYTES = 100;

/** An empty directory, by its real path, that goes with the test. */
export function directory(): string {
  const path = realpathSync(mkdtempSync(join(scratchPlace(), 'loiter-killer-results-')));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

export const past = (): number => Date.now() / 1000 - 60;
export const future = (): number => Date.now() / 1000 + 3_600;

/** Writes a file with everything above it; `hours`: how long ago it last changed. */
export function file(path: string, content: string | Buffer = 'x', hours?: number): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  if (hours !== undefined) age(path, hours);
  return path;
}

export function age(path: string, hours: number): void {
  const then = (Date.now() - hours * HOUR_MS) / 1000;
  utimesSync(path, then, then);
}

/** The directory and all that is in it last changed so long ago. */
export function ageAll(root: string, hours: number): void {
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) age(join(root, path), hours);
  age(root, hours);
}

export interface PairFiles {
  readonly result: string;
  readonly metadata: string;
  /** Of both. */
  readonly bytes: number;
}

export const resultPath = (stem: string): string => `${stem}.result.json.lz4`;
export const metadataPath = (stem: string): string => `${stem}.metadata.json`;

/** Writes a pair; `stem` is its path up to the suffixes. */
export function pair(stem: string, expiresAt: unknown = past()): PairFiles {
  const metadata = JSON.stringify({ result_id: 'x', expires_at: expiresAt, compressed: true });
  file(resultPath(stem), 'r'.repeat(RESULT_BYTES));
  file(metadataPath(stem), metadata);
  return {
    result: resultPath(stem),
    metadata: metadataPath(stem),
    bytes: RESULT_BYTES + Buffer.byteLength(metadata),
  };
}

/** Whether both files are there, neither, or which. */
export function standing({ result, metadata }: PairFiles): 'both' | 'none' | 'result' | 'metadata' {
  const [one, other] = [existsSync(result), existsSync(metadata)];
  if (one && other) return 'both';
  if (one) return 'result';
  return other ? 'metadata' : 'none';
}

/** Every path below a directory with its size and time, for "nothing has changed". */
export function snapshot(root: string): readonly string[] {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return paths.toSorted().map((path) => {
    const { size, mtimeMs, mode } = lstatSync(join(root, path));
    return `${path} ${size} ${mtimeMs} ${mode}`;
  });
}
