import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** As long as the savers themselves wait for one another. */
const BUSY_TIMEOUT_MS = 5_000;

/** Opens a database that is there; a missing file is an error and is not made. Waits for locks of others. */
export function openExisting(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', 'rw');
  return new DatabaseSync(url, { timeout: BUSY_TIMEOUT_MS });
}
