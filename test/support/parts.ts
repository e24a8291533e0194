import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { startPart, type Part } from '../../dev/processes/part.ts';
import { registerPart } from '../../dev/processes/registry.ts';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';
import { runDirectory } from './run-directory.ts';

const open = new Set<Part>();

/** Children of this test file that still run. */
export function openParts(): readonly Part[] {
  return [...open];
}

/** Stops them, newest first. */
export async function stopOpenParts(): Promise<void> {
  for (const part of openParts().toReversed()) await part.stop(['SIGTERM'], 10_000);
}

/** A fresh directory of this test run; removed with the run. */
export function scratchDirectory(prefix: string): string {
  const parent = join(runDirectory(), 'scratch');
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  const directory = mkdtempSync(join(parent, `${prefix}-`));
  // PostgreSQL runs as another user where we are root, and has to get through.
  chmodSync(directory, 0o711);
  return directory;
}

/** Has a part stopped at the end of the file, shown when a test fails, and ended by the next run if all else fails. */
export function adopt(part: Part, stopSignal: NodeJS.Signals = 'SIGTERM'): Part {
  registerPart(join(runDirectory(), 'processes'), part, stopSignal);
  open.add(part);
  void part.ended.then(() => open.delete(part));
  return part;
}

export interface ProgramOptions {
  readonly name: string;
  /** Such as `api/main.ts`. */
  readonly script: string;
  readonly args?: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts one of our programs with exactly this environment; what it prints is shown when a test fails. */
export async function startProgram(options: ProgramOptions): Promise<Part> {
  const part = await startPart({
    name: options.name,
    command: process.execPath,
    args: [join(PROJECT_ROOT, options.script), ...(options.args ?? [])],
    env: options.env,
    cwd: PROJECT_ROOT,
    log: join(scratchDirectory('log'), `${options.name}.log`),
  });
  return adopt(part);
}

/** `kill -9`, and waits until it is gone. */
export async function kill9(part: Part): Promise<void> {
  part.signal('SIGKILL');
  await part.ended;
}

/** Stands still until {@link resume}. */
export function pause(part: Part): void {
  part.signal('SIGSTOP');
}

export function resume(part: Part): void {
  part.signal('SIGCONT');
}
