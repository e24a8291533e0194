import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scrubbedEnv } from '../../support/scrub.ts';
import { REPOSITORY } from '../structure/repository.ts';

/** The version the README's example was written for. */
const HTTPX = 'httpx==0.28.1';
const INSTALL_DEADLINE_MS = 90_000;
const RUN_DEADLINE_MS = 30_000;
const BESIDE = join(REPOSITORY, 'node_modules/.cache/loiter-killer/python');

/**
 * Folder to be added to PYTHONPATH so that Python finds httpx: none where it is installed, else one of our own,
 * filled once by pip. Undefined where there is neither Python 3.10 nor a way to get httpx.
 */
export function httpxFolder(): string | undefined {
  if (runs('import sys, httpx; assert sys.version_info >= (3, 10)', '')) return '';
  if (!runs('import sys; assert sys.version_info >= (3, 10)', '')) return undefined;
  if (!existsSync(BESIDE) || !runs('import httpx', BESIDE)) {
    try {
      const options = ['--quiet', '--disable-pip-version-check', '--target', BESIDE, '--upgrade'];
      execFileSync('python3', ['-m', 'pip', 'install', ...options, HTTPX], {
        timeout: INSTALL_DEADLINE_MS,
        stdio: 'ignore',
      });
    } catch {
      return undefined;
    }
  }
  return runs('import httpx', BESIDE) ? BESIDE : undefined;
}

function runs(program: string, folder: string): boolean {
  try {
    execFileSync('python3', ['-c', program], {
      stdio: 'ignore',
      env: environment(folder),
      timeout: RUN_DEADLINE_MS,
    });
    return true;
  } catch {
    return false;
  }
}

function environment(folder: string): Record<string, string> {
  const paths = [join(REPOSITORY, 'docs/examples'), folder].filter((path) => path !== '');
  return {
    ...scrubbedEnv(),
    PYTHONPATH: paths.join(':'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Runs a program that may import the example; resolves with what it printed, read as JSON. */
export async function runPython(program: string, folder: string): Promise<unknown> {
  const options = { env: environment(folder), timeout: RUN_DEADLINE_MS };
  const { stdout } = await promisify(execFile)('python3', ['-c', program], options);
  return JSON.parse(stdout) as unknown;
}
