/** What the tests of backups stand on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BackupContext, BackupDeps, BackupSettings } from '../../maintenance/backups/index.ts';
import { scratchDirectory } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
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

/** Runs `backups-child.ts` to its end. */
export async function runChild(task: object): Promise<ChildRun> {
  const script = join(import.meta.dirname, 'backups-child.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(task)], {
    env: scrubbedEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, output };
}
