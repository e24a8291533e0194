import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scrubbedEnv } from '../../support/scrub.ts';
import { REPOSITORY } from '../structure/repository.ts';

/** The first one found, and the system's own, for which distributions package modules. */
const INTERPRETERS = ['python3', '/usr/bin/python3'];
/**
 * Where modules are looked for beside those that are installed. Tests fetch nothing; to fill it by hand:
 * `python3 -m pip install --target .cache/python lz4==4.4.5 langgraph-checkpoint-sqlite==3.1.2`.
 */
const BESIDE = join(REPOSITORY, '.cache/python');
const RUN_DEADLINE_MS = 60_000;

/** Runs Python with these arguments; resolves with what it printed. */
export type Python = (args: readonly string[]) => Promise<string>;

function options(folder: string) {
  const env = { ...scrubbedEnv(), PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: folder };
  return { env, timeout: RUN_DEADLINE_MS };
}

function imports(interpreter: string, folder: string, module: string): boolean {
  try {
    execFileSync(interpreter, ['-c', `import ${module}`], { ...options(folder), stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A Python that has the module; undefined where none does. */
export function pythonWith(module: string): Python | undefined {
  for (const interpreter of INTERPRETERS) {
    for (const folder of ['', BESIDE]) {
      if (!imports(interpreter, folder, module)) continue;
      return async (args) => (await promisify(execFile)(interpreter, [...args], options(folder))).stdout;
    }
  }
  return undefined;
}
