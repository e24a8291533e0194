/** The processes of a rig that are programs of ours. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import getPort from 'get-port';
import { asEnvironment, PROJECT_ROOT } from '../../../dev/child-environment.ts';
import { machineEnvironment } from '../../../dev/machine-environment.ts';
import { startPart, type Part } from '../../../dev/processes/part.ts';
import { untilReady } from '../../../dev/processes/until-ready.ts';
import { PROGRAM_FLAGS } from '../../../dev/program-flags.ts';
import { mustAnswer } from '../../../dev/stack/http-ready.ts';

/** A worker that starts while Temporal is away is ready when that is back. */
const READY_DEADLINE_MS = 120_000;

export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface ProgramPlan {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  /** Module that is loaded before the program, with what it is told. */
  readonly preload: { readonly module: string; readonly told: Readonly<Record<string, string>> };
  readonly settings: Settings;
  readonly port: number;
  /** Path that answers 2xx once the program is of use. */
  readonly ready: string;
}

/** Starts it and hands the process over before it is ready, because it may be killed until then. */
export async function startProgram(
  directory: string,
  plan: ProgramPlan,
): Promise<{ readonly part: Part; readonly ready: Promise<void> }> {
  const preload = pathToFileURL(join(import.meta.dirname, plan.preload.module));
  for (const [name, value] of Object.entries(plan.preload.told)) preload.searchParams.set(name, value);
  const script = join(PROJECT_ROOT, plan.script);
  const part = await startPart({
    name: plan.name,
    command: process.execPath,
    args: [...PROGRAM_FLAGS, '--import', preload.href, script, ...(plan.args ?? [])],
    env: { ...machineEnvironment(), ...asEnvironment(plan.settings) },
    cwd: PROJECT_ROOT,
    log: join(directory, 'logs', `${plan.name}.log`),
  });
  const url = `http://127.0.0.1:${plan.port}${plan.ready}`;
  return { part, ready: untilReady(part, READY_DEADLINE_MS, () => mustAnswer(url)) };
}

/** A port nobody listens on. */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1' });
}
