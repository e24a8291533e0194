import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Account } from './account.ts';

/** Whether that account gets through to the path: every directory above it lets it pass. */
export function canReach(path: string, account: Account): boolean {
  for (let directory = dirname(resolve(path)); ; directory = dirname(directory)) {
    if (!mayPass(directory, account)) return false;
    if (directory === dirname(directory)) return true;
  }
}

function mayPass(directory: string, account: Account): boolean {
  const { mode, uid, gid } = statSync(directory);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
