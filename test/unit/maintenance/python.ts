import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { scrubbedEnv } from '../../support/scrub.ts';
import { REPOSITORY } from '../structure/repository.ts';

const LZ4 = 'lz4==4.4.5';
const INSTALL_DEADLINE_MS = 120_000;
const RUN_DEADLINE_MS = 30_000;
const BESIDE = join(REPOSITORY, 'node_modules/.cache/loiter-killer/python-lz4');

function runs(program: string, folder: string): boolean {
  try {
    python(['-c', program], folder);
    return true;
  } catch {
    return false;
  }
}

/** Runs Python; resolves with what it printed. */
export function python(args: readonly string[], folder: string): string {
  const env = {
    ...scrubbedEnv(),
    PYTHONDONTWRITEBYTECODE: '1',
    ...(folder !== '' && { PYTHONPATH: folder }),
  };
  return execFileSync('python3', [...args], {
    env,
    encoding: 'utf8',
    timeout: RUN_DEADLINE_MS,
    stdio: 'pipe',
  });
}

/**
 * Folder to be added to PYTHONPATH so that Python finds lz4: none where it is installed, else one of our own, filled
 * once by pip. Undefined where there is neither Python nor a way to get lz4.
 */
export function lz4Folder(): string | undefined {
  if (runs('import lz4.frame', '')) return '';
  if (!runs('import sys; assert sys.version_info >= (3, 9)', '')) return undefined;
  if (!existsSync(BESIDE) || !runs('import lz4.frame', BESIDE)) {
    const options = ['--quiet', '--disable-pip-version-check', '--target', BESIDE, '--upgrade'];
    try {
      execFileSync('python3', ['-m', 'pip', 'install', ...options, LZ4], {
        timeout: INSTALL_DEADLINE_MS,
        stdio: 'ignore',
      });
    } catch {
      return undefined;
    }
  }
  return runs('import lz4.frame', BESIDE) ? BESIDE : undefined;
}
