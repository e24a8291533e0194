import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { inspectProcess, type ProcessInfo } from './inspect.ts';

export interface PartOptions {
  /** How messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** File that receives what the child prints (added to), or `inherit` for our own terminal. */
  readonly log: string;
}

/** How a process ended: `code` 0, `signal` SIGKILL, or why it could not be started. */
export type Ending = string;

/** A child process in a group of its own, so that a terminal's Ctrl-C reaches only its parent. */
export interface Part extends ProcessInfo {
  readonly name: string;
  readonly log: string;
  /** Resolves when it has ended, whatever the reason. */
  readonly ended: Promise<Ending>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signals one after another, waiting `graceMs` after each, SIGKILL last. Resolves once it has ended. */
  stop(signals?: readonly NodeJS.Signals[], graceMs?: number): Promise<Ending>;
  /** The end of what it printed; empty where that went to the terminal. */
  logTail(lines?: number): string;
}

/** Starts a child process. Rejects where the command cannot be run. */
export async function startPart(options: PartOptions): Promise<Part> {
  const log = options.log === 'inherit' ? null : openSync(options.log, 'a', 0o600);
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', log ?? 'inherit', log ?? 'inherit'],
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  if (log !== null) closeSync(log);
  let ending: Ending | null = null;
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      ending = signal === null ? `code ${code ?? 0}` : `signal ${signal}`;
      resolve(ending);
    });
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw new Error(`${options.name} cannot be started: ${error.message}`, { cause: error });
  }
  child.on('error', () => undefined);
  const info = inspectProcess(child.pid) ?? { pid: child.pid, startTime: '', commandLine: options.command };
  const hasEnded = () => ending !== null;
  const signal = (name: NodeJS.Signals) => {
    if (!hasEnded()) child.kill(name);
  };
  return {
    ...info,
    name: options.name,
    log: options.log,
    ended,
    hasEnded,
    signal,
    stop: (signals = ['SIGTERM'], graceMs = 10_000) => stopBySteps(signal, ended, { signals, graceMs }),
    logTail: (lines = 20) => tailOf(options.log, lines),
  };
}

async function stopBySteps(
  signal: (name: NodeJS.Signals) => void,
  ended: Promise<Ending>,
  steps: { signals: readonly NodeJS.Signals[]; graceMs: number },
): Promise<Ending> {
  for (const name of steps.signals) {
    signal(name);
    const ending = await endedWithin(ended, steps.graceMs);
    if (ending !== null) return ending;
  }
  signal('SIGKILL');
  return ended;
}

/** How it ended, or null where it still runs after `ms`. */
async function endedWithin(ended: Promise<Ending>, ms: number): Promise<Ending | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([ended, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function tailOf(log: string, lines: number): string {
  if (log === 'inherit') return '';
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
