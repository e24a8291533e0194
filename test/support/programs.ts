import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';
import { asEnvironment } from '../../dev/child-environment.ts';
import type { Part } from '../../dev/processes/part.ts';
import { untilReady } from '../../dev/processes/until-ready.ts';
import { controlSimulator, type SimulatorControl } from '../../simulator/control-client.ts';
import { scratchDirectory, startProgram } from './parts.ts';
import { scrubbedEnv } from './scrub.ts';

/** A program that answers HTTP. */
export interface Program {
  readonly part: Part;
  /** Without a trailing slash. */
  readonly url: string;
  /** SIGTERM, then SIGKILL after 15 s; resolves with how it ended, such as `code 0`. */
  stop(): Promise<string>;
}

export interface SimulatorProgram extends Program {
  /** For `SIMULATOR_URL`. */
  readonly baseUrl: string;
  readonly control: SimulatorControl;
}

/** Environment of a program, as far as the test sets it; nothing else is inherited but PATH and the like. */
export type Settings = Readonly<Record<string, string | number | boolean | undefined>>;

const READY_DEADLINE_MS = 45_000;

/** The simulator; the same port and directory again give the same stores after a restart. */
export async function startSimulator(
  options: { port?: number; dataDirectory?: string; args?: readonly string[] } = {},
): Promise<SimulatorProgram> {
  const port = options.port ?? (await freePort());
  const dataDirectory = options.dataDirectory ?? scratchDirectory('simulator');
  const args = ['--port', String(port), '--data-dir', dataDirectory, ...(options.args ?? [])];
  const program = await started({
    name: 'simulator',
    script: 'simulator/main.ts',
    args,
    settings: {},
    port,
    readyPath: '/_control/health',
  });
  return { ...program, baseUrl: `${program.url}/v1`, control: controlSimulator(program.url) };
}

/** The api on a free port (or on `PORT`); resolves when `/health` answers. */
export async function startApi(settings: Settings): Promise<Program> {
  const port = Number(settings['PORT'] ?? (await freePort()));
  return started({
    name: 'api',
    script: 'api/main.ts',
    settings: { ...settings, PORT: port },
    port,
    readyPath: '/health',
  });
}

/** The worker; resolves when its own `/health` answers. */
export async function startWorker(settings: Settings): Promise<Program> {
  const port = Number(settings['WORKER_METRICS_PORT'] ?? (await freePort()));
  return started({
    name: 'worker',
    script: 'worker/main.ts',
    settings: { ...settings, WORKER_METRICS_PORT: port },
    port,
    readyPath: '/health',
  });
}

/**
 * Below the ports that Linux (from 32768) and macOS (from 49152) give to outgoing connections: one of those may
 * be taken again before the program that was told of it listens.
 */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;
const CHOICE = 500;

/** A port nobody listens on; by chance, because test files choose at the same time. */
export function freePort(): Promise<number> {
  const from = randomInt(FIRST_PORT, LAST_PORT - CHOICE);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, from + CHOICE) });
}

interface HowToStart {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly settings: Settings;
  readonly port: number;
  readonly readyPath: string;
}

async function started(how: HowToStart): Promise<Program> {
  const env = { ...scrubbedEnv(), ...asEnvironment(how.settings) };
  const part = await startProgram({ name: how.name, script: how.script, args: how.args ?? [], env });
  const url = `http://127.0.0.1:${how.port}`;
  try {
    await untilReady(part, READY_DEADLINE_MS, () => answers(`${url}${how.readyPath}`));
  } catch (error) {
    await part.stop([]);
    throw error;
  }
  return { part, url, stop: () => part.stop(['SIGTERM'], 15_000) };
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
