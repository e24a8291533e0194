import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scrubbedEnv } from '../../support/scrub.ts';
import { REPOSITORY } from '../structure/repository.ts';

/** LangGraph's SQLite saver for Python, and what it needs. */
const SAVER = 'langgraph-checkpoint-sqlite==3.1.2';
const INSTALL_DEADLINE_MS = 180_000;
const RUN_DEADLINE_MS = 60_000;
const BESIDE = join(REPOSITORY, 'node_modules/.cache/loiter-killer/python-langgraph');
const NEEDED =
  'import sys; from langgraph.checkpoint.sqlite import SqliteSaver; assert sys.version_info >= (3, 10)';

/**
 * Folder for PYTHONPATH in which Python finds LangGraph's saver: of our own, filled once by pip. Undefined where there
 * is neither Python 3.10 nor a way to get the saver.
 */
export function saverFolder(): string | undefined {
  if (existsSync(BESIDE) && runs(NEEDED)) return BESIDE;
  if (!runs('import sys; assert sys.version_info >= (3, 10)')) return undefined;
  try {
    const options = ['--quiet', '--disable-pip-version-check', '--target', BESIDE, '--upgrade'];
    execFileSync('python3', ['-m', 'pip', 'install', ...options, SAVER], {
      timeout: INSTALL_DEADLINE_MS,
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return runs(NEEDED) ? BESIDE : undefined;
}

const environment = () => ({ ...scrubbedEnv(), PYTHONPATH: BESIDE, PYTHONDONTWRITEBYTECODE: '1' });

function runs(program: string): boolean {
  try {
    execFileSync('python3', ['-c', program], {
      stdio: 'ignore',
      env: environment(),
      timeout: RUN_DEADLINE_MS,
    });
    return true;
  } catch {
    return false;
  }
}

const PRELUDE = `
import json, sys
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.base import empty_checkpoint, uuid6
given = json.loads(sys.argv[2])
def config(thread, ns="", id=None):
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ns, **({"checkpoint_id": id} if id else {})}}
`;

/** Runs a program with LangGraph's saver as `saver` on a database; resolves with what it printed, read as JSON. */
export async function withPythonSaver(path: string, program: string, given: unknown = {}): Promise<unknown> {
  const indented = program.replaceAll('\n', '\n    ');
  const text = `${PRELUDE}with SqliteSaver.from_conn_string(sys.argv[1]) as saver:\n    saver.setup()\n    ${indented}\n`;
  const { stdout } = await promisify(execFile)('python3', ['-c', text, path, JSON.stringify(given)], {
    env: environment(),
    timeout: RUN_DEADLINE_MS,
  });
  return stdout === '' ? undefined : (JSON.parse(stdout) as unknown);
}
