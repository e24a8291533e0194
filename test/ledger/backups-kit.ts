/** What the tests of backups stand on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import type { BackupContext, BackupDeps, BackupSettings } from '../../maintenance/backups/index.ts';
import { scratchDirectory } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import type { ChildTask } from './backups-child.ts';
import type { LogLine } from '../unit/maintenance-conversations/kit.ts';

export const BACKUP_MS = Date.UTC(2025, 10, 28, 2);
/** Nobody listens there: for tests that have nothing to do with the ledger. */
export const NO_LEDGER = 'postgres://127.0.0.1:1/none';

export interface BackupBench {
  readonly directory: string;
  readonly deps: BackupDeps;
  readonly logged: LogLine[];
  /** What is in the directory, hidden files included. */
  files(): readonly string[];
  at(nowMs: number): BackupDeps;
}

/** A directory for backups that does not exist yet. */
export function backupBench(settings: Partial<BackupSettings> = {}): BackupBench {
  const directory = join(scratchDirectory('backups'), 'deeper/backups');
  const logged: LogLine[] = [];
  const log = pino(
    { level: 'debug' },
    { write: (line: string) => void logged.push(JSON.parse(line) as LogLine) },
  );
  const deps: BackupDeps = {
    settings: { directory, keep: 7, checkpoints: undefined, ledgerUrl: NO_LEDGER, ...settings },
    log,
    now: () => BACKUP_MS,
  };
  return {
    directory,
    deps,
    logged,
    files: () => readdirSync(directory).toSorted(),
    at: (nowMs) => ({ ...deps, now: () => nowMs }),
  };
}

export const CALM: BackupContext = { signal: new AbortController().signal, heartbeat: () => undefined };

const PAGE_BYTES = 4_096;

/** Overwrites one page of a SQLite database, counted from 0, as a failing disk may. */
export function damagePage(path: string, page: number): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, page * PAGE_BYTES);
  } finally {
    closeSync(file);
  }
}

export interface ChildRun {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly output: string;
}

/** Where `backups-moments.ts` can have a process die. */
export type Moment = 'copying' | 'checking' | 'keeping' | 'renaming' | 'renamed' | 'committing';

/** Runs `backups-child.ts` to its end, or to a moment at which it dies. */
export async function runChild(task: ChildTask, dieAt?: Moment): Promise<ChildRun> {
  const here = (name: string) => join(import.meta.dirname, name);
  const moments = `${pathToFileURL(here('backups-moments.ts')).href}?${dieAt ?? ''}`;
  const args = [
    ...(dieAt === undefined ? [] : ['--import', moments]),
    here('backups-child.ts'),
    JSON.stringify(task),
  ];
  const child = spawn(process.execPath, args, {
    env: scrubbedEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, output };
}

/** As {@link runChild}; fails where the process does not come to the moment, or outlives it. */
export async function killedAt(moment: Moment, task: ChildTask): Promise<void> {
  expect(await runChild(task, moment)).toEqual({
    code: null,
    signal: 'SIGKILL',
    output: `reached ${moment}\n`,
  });
}
