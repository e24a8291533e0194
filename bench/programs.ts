import { join } from 'node:path';
import getPort from 'get-port';
import { asEnvironment, PROJECT_ROOT } from '../dev/child-environment.ts';
import { machineEnvironment } from '../dev/machine-environment.ts';
import { PROGRAM_FLAGS } from '../dev/program-flags.ts';
import { startPart, type Part } from '../dev/processes/part.ts';
import { untilReady } from '../dev/processes/until-ready.ts';
import { mustAnswer } from '../dev/stack/http-ready.ts';

const READY_DEADLINE_MS = 120_000;

export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface Program {
  readonly part: Part;
  /** Without a trailing slash. */
  readonly url: string;
}

export interface ProgramPlan {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly settings?: Settings;
  readonly port: number;
  /** Path that answers 2xx once the program is of use. */
  readonly ready: string;
}

/** Starts one of our programs in the given directory and waits until it answers. */
export async function startProgram(
  directory: string,
  plan: ProgramPlan,
  own: (part: Part) => void,
): Promise<Program> {
  const part = await startPart({
    name: plan.name,
    command: process.execPath,
    args: [...PROGRAM_FLAGS, join(PROJECT_ROOT, plan.script), ...(plan.args ?? [])],
    env: { ...machineEnvironment(), ...asEnvironment(plan.settings ?? {}) },
    cwd: PROJECT_ROOT,
    log: join(directory, 'logs', `${plan.name}-${plan.port}.log`),
  });
  own(part);
  const url = `http://127.0.0.1:${plan.port}`;
  await untilReady(part, READY_DEADLINE_MS, async () => mustAnswer(`${url}${plan.ready}`));
  return { part, url };
}

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1' });
}
