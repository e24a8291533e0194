/**
 * Loaded before `backups-child.ts` and its threads: the process says that it has reached the moment
 * that is named behind the `?` of this module's URL, and dies.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import zlib from 'node:zlib';
import pg from 'pg';
import type { ThreadMessage } from '../../maintenance/thread/messages.ts';
import type { Moment } from './backups-kit.ts';

const dieAt = new URL(import.meta.url).search.slice(1);

function reached(moment: Moment): void {
  if (moment !== dieAt) return;
  fs.writeSync(1, `reached ${moment}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Has a function call `look` first, with the values that it is called with. */
function before<Owner extends object>(
  owner: Owner,
  name: keyof Owner & string,
  look: (...values: readonly unknown[]) => void,
): void {
  const original = owner[name] as (...values: unknown[]) => unknown;
  Object.defineProperty(owner, name, {
    value: function (this: unknown, ...values: unknown[]) {
      look(...values);
      return original.apply(this, values);
    },
  });
}

// In the thread that copies: between two steps.
if (parentPort !== null) {
  before(parentPort, 'postMessage', (message) => {
    if ((message as ThreadMessage).kind === 'beat') reached('copying');
  });
}
before(DatabaseSync.prototype, 'prepare', (sql) => {
  if (String(sql).startsWith('PRAGMA integrity_check')) reached('checking');
});
before(pg.Client.prototype, 'query', (query) => {
  if (String((query as { text?: string }).text).startsWith('COPY "lease" ')) reached('copying');
  if (query === 'COMMIT') reached('committing');
});
before(zlib, 'createGunzip', () => reached('checking'));
const { rename } = fs.promises;
Object.defineProperty(fs.promises, 'rename', {
  value: async (from: string, to: string) => {
    const isMark = from.endsWith('-mark');
    if (!isMark) reached('renaming');
    await rename(from, to);
    if (!isMark) reached('renamed');
  },
});
before(fs, 'linkSync', () => reached('keeping'));
before(fs, 'renameSync', () => reached('renaming'));
syncBuiltinESMExports();
