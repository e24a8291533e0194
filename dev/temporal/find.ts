import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { NoTemporalError, type FindOptions, type TemporalBinary } from './binary.ts';
import { cachedBinary } from './cache.ts';
import { fillCache } from './fill-cache.ts';
import { isRecentEnough, MINIMUM_VERSION, PINNED_VERSION, versionOf } from './version.ts';

/**
 * The Temporal binary: `TEMPORAL_CLI`, else `temporal` on the PATH, else our cache, else the official download,
 * else a build from the pinned module. Throws {@link NoTemporalError}.
 */
export async function findTemporal(options: FindOptions): Promise<TemporalBinary> {
  if (options.configured !== undefined) return configuredBinary(options.configured);
  return (await onPath(options)) ?? (await inCache(options)) ?? (await obtained(options));
}

async function configuredBinary(path: string): Promise<TemporalBinary> {
  const version = await versionOf(path);
  if (version === null)
    throw new NoTemporalError(`TEMPORAL_CLI: ${path} is not a temporal binary that runs.`);
  if (!isRecentEnough(version)) {
    throw new NoTemporalError(
      `TEMPORAL_CLI: ${path} is version ${version}; at least ${MINIMUM_VERSION} is needed.`,
    );
  }
  return { path, version, source: 'TEMPORAL_CLI' };
}

async function onPath(options: FindOptions): Promise<TemporalBinary | null> {
  const directories = (options.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  const path = directories.map((directory) => join(directory, 'temporal')).find(isExecutable);
  if (path === undefined) return null;
  const version = await versionOf(path);
  if (version !== null && isRecentEnough(version)) return { path, version, source: 'PATH' };
  options.progress(
    `${path} is version ${version ?? 'unknown'}, at least ${MINIMUM_VERSION} is needed: not used`,
  );
  return null;
}

async function inCache(options: FindOptions): Promise<TemporalBinary | null> {
  const path = cachedBinary(options.env, PINNED_VERSION);
  const version = await versionOf(path);
  return version === PINNED_VERSION ? { path, version, source: 'cache' } : null;
}

async function obtained(options: FindOptions): Promise<TemporalBinary> {
  const path = cachedBinary(options.env, PINNED_VERSION);
  await mkdir(dirname(path), { recursive: true });
  const source = await fillCache(path, options);
  return { path, version: PINNED_VERSION, source };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
