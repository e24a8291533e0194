import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { inspectProcess, isRunning, type ProcessInfo } from './inspect.ts';

/** The lock is taken: by whom. */
export class LockedError extends Error {
  readonly holder: ProcessInfo;

  constructor(file: string, holder: ProcessInfo) {
    super(`${file} is held by process ${holder.pid} (${holder.commandLine})`);
    this.name = 'LockedError';
    this.holder = holder;
  }
}

/**
 * Takes the lock file for this process and returns what releases it. A lock whose process is gone is taken over;
 * throws {@link LockedError} where it still runs.
 */
export function takeLock(file: string): () => void {
  const own = inspectProcess(process.pid);
  if (own === null) throw new Error('This process cannot be found in the process table.');
  const draft = `${file}.${process.pid}-${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    while (!tryLink(draft, file)) setAsideIfStale(file);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (holderOf(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** A link, unlike a write, appears complete or not at all, and fails where the name exists. */
function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function setAsideIfStale(file: string): void {
  const holder = holderOf(file);
  if (holder !== null && isRunning(holder)) throw new LockedError(file, holder);
  const aside = `${file}.stale-${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Another starter was faster; the next link tells.
  }
  // Between the look and the rename another starter may have taken the lock over: give it back.
  const moved = holderOf(aside);
  if (moved !== null && isRunning(moved)) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function holderOf(file: string): ProcessInfo | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessInfo;
  } catch {
    return null;
  }
}
