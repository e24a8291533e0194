import { execFileSync } from 'node:child_process';

/** PostgreSQL refuses to run as root; these users exist (almost) everywhere and have no rights of their own. */
const CANDIDATES = ['postgres', 'nobody'];

/** A user and group by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The user and group that PostgreSQL runs as: our own, or, for root, an existing unprivileged one. */
export function postgresAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of CANDIDATES) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      continue;
    }
  }
  throw new Error(
    `PostgreSQL cannot run as root, and none of the users ${CANDIDATES.join(', ')} exists; start as another user.`,
  );
}

function idOf(option: '-u' | '-g', name: string): number {
  return Number(
    execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}
