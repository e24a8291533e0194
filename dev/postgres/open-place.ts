/**
 * For root only: PostgreSQL runs as another user, who does not get through to a checkout or a DATA_DIR below a
 * closed directory such as /root. What it needs then stands in a place that is open to it.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { postgresAccount } from './account.ts';
import { canReach } from './reach.ts';

/** Root's own place for state that other users get through to (Filesystem Hierarchy Standard). */
const PLACE = '/var/lib/loiter-killer';

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function openPlace(place: string): string {
  mkdirSync(place, { recursive: true, mode: 0o711 });
  return place;
}

/** The program itself, or its twin in a copy of the whole installation that the account gets through to. */
export function reachableProgram(program: string, place = PLACE): string {
  const account = postgresAccount();
  if (account === null || canReach(program, account)) return program;
  const installation = dirname(dirname(program));
  // Another version at the same path is another program.
  const { mtimeMs, size } = statSync(program);
  const identity = `${realpathSync(installation)} ${mtimeMs} ${size}`;
  const copy = join(openPlace(place), `postgres-${fingerprint(identity)}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(installation, unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(unfinished, copy);
    } catch {
      rmSync(unfinished, { recursive: true, force: true }); // another start was faster
    }
  }
  return join(copy, 'bin', basename(program));
}

/**
 * Where a cluster wished for at `directory` really stands. Where the account does not get through to it, it is a
 * link to the open place; a cluster there that no link leads to any more is set aside, not taken over.
 */
export function reachableData(directory: string, place = PLACE): string {
  const account = postgresAccount();
  const wished = resolve(directory);
  if (account === null) return wished;
  mkdirSync(dirname(wished), { recursive: true });
  if (canReach(wished, account)) return wished;
  const real = join(openPlace(place), `data-${fingerprint(wished)}`);
  if (lstatSync(wished, { throwIfNoEntry: false }) === undefined) {
    if (existsSync(real)) renameSync(real, `${real}.before-${Date.now()}`);
    symlinkSync(real, wished);
  }
  return real;
}
