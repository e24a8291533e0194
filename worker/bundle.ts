import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleKey, WORKFLOWS_PATH } from './bundle-key.ts';

const COMMAND = fileURLToPath(new URL('./bundle-command.ts', import.meta.url));
/** Bundling takes 1.5 s; a machine under load may need many times that. */
const BUNDLE_DEADLINE_MS = 120_000;

/** What `Worker.create` takes: a prebuilt bundle, or the sources where none could be built. */
export type WorkflowSource =
  | { readonly workflowBundle: { readonly codePath: string } | { readonly code: string } }
  | { readonly workflowsPath: string };

interface Log {
  warn(fields: object, message: string): void;
}

/**
 * The workflow bundle, kept on disk from one start to the next. It is built in a process of its own: the bundler
 * would leave 130 MB in the worker. Where that fails the worker bundles itself.
 */
export async function workflowSource(log: Log): Promise<WorkflowSource> {
  try {
    return { workflowBundle: { codePath: await prebuiltBundle(cacheDirectory()) } };
  } catch (error) {
    log.warn(
      { err: error },
      'the workflow bundle could not be prebuilt; the worker bundles itself and needs more memory',
    );
    return { workflowsPath: WORKFLOWS_PATH };
  }
}

/** Path of the bundle for the sources as they are now; builds it where the directory has not got it. */
export async function prebuiltBundle(directory: string): Promise<string> {
  const path = join(directory, `workflows-${bundleKey()}.js`);
  if (!existsSync(path)) await build(path);
  return path;
}

async function build(path: string): Promise<void> {
  const child = spawn(process.execPath, [COMMAND, path], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: BUNDLE_DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`bundling the workflows failed (exit ${String(code)}): ${complaint}`);
}

/** Beside the dependencies, else in the user's own temporary directory (an image with read-only code). */
export function cacheDirectory(): string {
  const beside = fileURLToPath(new URL('../node_modules/.cache/loiter-killer', import.meta.url));
  try {
    mkdirSync(beside, { recursive: true });
    accessSync(beside, constants.W_OK);
    return beside;
  } catch {
    const own = join(tmpdir(), `loiter-killer-${userInfo().uid}`);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return own;
  }
}
