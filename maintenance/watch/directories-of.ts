import { join, resolve } from 'node:path';
import { resolveDirectory, type Guarded } from '../directories.ts';
import type { MaintenanceSettings } from '../settings.ts';
import type { WatchedDirectory } from './spaces.ts';

interface Configured {
  readonly directory: string;
  readonly guarded: Guarded;
}

/**
 * The directories that a process with this configuration works with. One that is refused, and one of a job that is off,
 * is not among them.
 */
export async function directoriesOf(
  settings: MaintenanceSettings,
  dataDirectory: string,
): Promise<readonly WatchedDirectory[]> {
  const data = resolve(dataDirectory);
  return [
    ...(await configured('results', settings.results)),
    ...(await configured('aged-files', settings.agedFiles)),
    { name: 'backups', path: settings.backups.directory },
    { name: 'spool', path: join(data, 'spool') },
    { name: 'data', path: data },
  ];
}

async function configured(
  name: string,
  settings: Configured | undefined,
): Promise<readonly WatchedDirectory[]> {
  if (settings === undefined) return [];
  const resolved = await resolveDirectory(settings.directory, settings.guarded);
  return resolved.kind === 'refused' ? [] : [{ name, path: resolved.path }];
}
