import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspectProcess, isRunning, type ProcessInfo } from './inspect.ts';
import type { Part } from './part.ts';

/** What is kept of a child, for a later start that has to end it. */
export interface RegisteredProcess extends ProcessInfo {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
  /** Order of the start; leftovers are ended in the opposite order. */
  readonly startedAtMs: number;
}

const STOP_GRACE_MS = 10_000;
const POLL_MS = 50;

/**
 * Notes a running child as a file of its own in `directory`, and removes the note when the child has ended. A
 * parent that is killed leaves the notes, and so the next one finds what to end.
 */
export function registerPart(directory: string, part: Part, stopSignal: NodeJS.Signals = 'SIGTERM'): void {
  mkdirSync(directory, { recursive: true });
  const { name, pid, startTime, commandLine } = part;
  const entry: RegisteredProcess = { name, pid, startTime, commandLine, stopSignal, startedAtMs: Date.now() };
  const file = join(directory, `${pid}.json`);
  writeFileSync(`${file}.new`, JSON.stringify(entry, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  void part.ended.then(() => rmSync(file, { force: true }));
}

/**
 * Ends the processes that an earlier parent left behind, and only those: pid, start time and command line must
 * all be as noted. Returns the names of what it ended.
 */
export async function endLeftovers(directory: string): Promise<string[]> {
  const entries = readEntries(directory).sort((left, right) => right.startedAtMs - left.startedAtMs);
  const ended: string[] = [];
  for (const entry of entries) {
    if (isSame(entry)) {
      await end(entry);
      ended.push(`${entry.name} (pid ${entry.pid})`);
    }
    rmSync(join(directory, `${entry.pid}.json`), { force: true });
  }
  return ended;
}

function readEntries(directory: string): RegisteredProcess[] {
  let files: string[];
  try {
    files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      return [JSON.parse(readFileSync(join(directory, file), 'utf8')) as RegisteredProcess];
    } catch {
      return [];
    }
  });
}

function isSame(entry: RegisteredProcess): boolean {
  const found = inspectProcess(entry.pid);
  return found?.startTime === entry.startTime && found.commandLine === entry.commandLine;
}

async function end(entry: RegisteredProcess): Promise<void> {
  // A stopped process would never see the signal.
  send(entry, 'SIGCONT');
  send(entry, entry.stopSignal);
  if (await goneWithin(entry, STOP_GRACE_MS)) return;
  send(entry, 'SIGKILL');
  await goneWithin(entry, STOP_GRACE_MS);
}

function send(entry: RegisteredProcess, signal: NodeJS.Signals): void {
  if (!isSame(entry)) return;
  try {
    process.kill(entry.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function goneWithin(entry: RegisteredProcess, ms: number): Promise<boolean> {
  const giveUpAt = performance.now() + ms;
  while (isRunning(entry)) {
    if (performance.now() > giveUpAt) return false;
    await sleep(POLL_MS);
  }
  return true;
}
