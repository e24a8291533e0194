import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPart, type Part } from '../processes/part.ts';
import { versionOf } from './version.ts';

const MODULE_DIRECTORY = fileURLToPath(new URL('../../tools/temporal/', import.meta.url));
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
/** Five minutes on two cores with an empty cache; three times that on a slow line. */
const BUILD_TIMEOUT_MS = 30 * 60_000;
const PROGRESS_EVERY_MS = 5_000;

export interface BuildOptions {
  readonly version: string;
  /** Where the binary goes; its directory exists. */
  readonly target: string;
  /** For the Go command: its proxy, cache and home are the user's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly progress: (line: string) => void;
}

/** Compiles the pinned release and puts it at `target`, at once or not at all. Rejects on any failure. */
export async function buildTemporal(options: BuildOptions): Promise<void> {
  const scratch = await mkdtemp(join(dirname(options.target), '.build-'));
  const binary = join(scratch, 'temporal');
  try {
    const part = await startPart({
      name: 'go build',
      command: 'go',
      args: [
        'build',
        '-C',
        MODULE_DIRECTORY,
        '-mod=readonly',
        ...releaseFlags(options.version),
        '-o',
        binary,
        PACKAGE,
      ],
      env: { ...options.env, CGO_ENABLED: '0' },
      log: join(scratch, 'build.log'),
    });
    await finished(part, options.progress);
    const version = await versionOf(binary);
    if (version !== options.version) throw new Error(`go build made version ${version ?? 'unknown'}`);
    await rename(binary, options.target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** As the releases are built (the project's `.goreleaser.yml`). */
function releaseFlags(version: string): string[] {
  const versionVariable = 'github.com/temporalio/cli/internal/temporalcli.Version';
  return ['-trimpath', '-ldflags', `-s -w -X ${versionVariable}=${version}`];
}

async function finished(part: Part, progress: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  const stop = () => endGroup(part);
  const elapsed = () => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  const ticker = setInterval(
    () => progress(`building the Temporal server, ${elapsed()} so far`),
    PROGRESS_EVERY_MS,
  );
  const limit = setTimeout(stop, BUILD_TIMEOUT_MS);
  process.once('exit', stop);
  try {
    const ending = await part.ended;
    if (ending !== 'code 0') throw new Error(`go build ended with ${ending}: ${part.logTail(5)}`);
    progress(`built the Temporal server in ${elapsed()}`);
  } finally {
    clearInterval(ticker);
    clearTimeout(limit);
    process.off('exit', stop);
  }
}

/** The compilers that `go` starts are in its process group. */
function endGroup(part: Part): void {
  try {
    process.kill(-part.pid, 'SIGTERM');
  } catch {
    // Already gone.
  }
}
