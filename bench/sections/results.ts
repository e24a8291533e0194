import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';
import { machineEnvironment } from '../../dev/machine-environment.ts';
import { PROGRAM_FLAGS } from '../../dev/program-flags.ts';
import type { Report } from '../report.ts';
import { chill, growTree } from '../results-tree.ts';
import type { World } from '../world.ts';

const SIZES = [100, 1_000, 10_000, 100_000];
/** The size that the targets are about. */
const MEASURED = 10_000;
const PER_SESSION = 100;
/** Where the plain pass over ten thousand takes longer, the largest tree would take many minutes. */
const SLOW_DISK_MS = 15_000;
/** A third of what the predecessor took for 10 000 expired files. */
const THIRD_MS = 1024 / 3;
const MEMORY = '/dev/shm';
const DEADLINE_MS = 1_200_000;

interface Plain {
  readonly ms: number;
  readonly deleted: number;
}
interface Run extends Plain {
  readonly idleMiB: number;
  readonly peakMiB: number;
  readonly idleDelayMs: number;
  readonly delayMs: number;
}

async function printed<T>(command: string, args: readonly string[]): Promise<T> {
  const options = { env: machineEnvironment(), cwd: PROJECT_ROOT, timeout: DEADLINE_MS };
  const { stdout } = await promisify(execFile)(command, args, options);
  return JSON.parse(stdout) as T;
}

interface Bench {
  readonly report: Report;
  readonly databaseUrl: string;
  readonly codeCache: string;
}

interface Trees {
  /** Directory in which they are made. */
  readonly place: string;
  readonly pairs: number;
  readonly perSession: number;
  readonly cold: boolean;
}

/** A plain pass and a run of ours, each over a tree of its own. */
async function beside(bench: Bench, trees: Trees): Promise<{ readonly plain: Plain; readonly run: Run }> {
  const root = join(trees.place, 'tree');
  const grow = (): void => {
    growTree(root, trees.pairs, trees.perSession);
    if (trees.cold) chill();
  };
  grow();
  const plain = await printed<Plain>('python3', [join(PROJECT_ROOT, 'bench/results_pass.py'), root]);
  grow();
  const program = [...PROGRAM_FLAGS, join(PROJECT_ROOT, 'bench/results-run.ts')];
  const run = await printed<Run>(process.execPath, [...program, bench.databaseUrl, root, bench.codeCache]);
  for (const { deleted } of [plain, run]) {
    if (deleted !== trees.pairs) throw new Error(`${deleted} of ${trees.pairs} pairs were deleted`);
  }
  const layout = trees.perSession === 0 ? 'in one directory' : `in sessions of ${trees.perSession}`;
  bench.report.line(
    `  ${String(trees.pairs).padStart(6)} pairs ${layout}: ${Math.round(run.ms)} ms, plain ${Math.round(plain.ms)} ms ` +
      `(÷ ${(plain.ms / run.ms).toFixed(1)}); peak ${Math.round(run.peakMiB)} MiB, idle ${Math.round(run.idleMiB)}; ` +
      `event loop p99.9 ${run.delayMs.toFixed(1)} ms, idle ${run.idleDelayMs.toFixed(1)}`,
  );
  return { plain, run };
}

async function onDisk(bench: Bench, place: string): Promise<Run> {
  const cold = chill();
  bench.report.line(`  on disk, ${cold ? 'cold' : 'NOT COLD: only root can have the system forget'}`);
  let measured: Run | undefined;
  let slow = false;
  for (const pairs of SIZES) {
    if (slow && pairs > MEASURED) bench.report.line(`  ${pairs} pairs left out: the disk is slow`);
    if (slow && pairs > MEASURED) continue;
    const { plain, run } = await beside(bench, { place, pairs, perSession: PER_SESSION, cold });
    if (pairs !== MEASURED) continue;
    measured = run;
    slow = plain.ms > SLOW_DISK_MS;
    bench.report.target('cached results, cold: plain ÷ ours', plain.ms / run.ms, { op: '>=', bound: 3 });
  }
  if (measured === undefined) throw new Error('nothing was measured');
  return measured;
}

async function inMemory(bench: Bench, place: string, small: Run): Promise<void> {
  bench.report.line(`  in ${place.startsWith(MEMORY) ? 'memory' : 'the system cache'}`);
  for (const pairs of SIZES) {
    const { run } = await beside(bench, { place, pairs, perSession: PER_SESSION, cold: false });
    if (pairs !== MEASURED) continue;
    bench.report.target(`${MEASURED} cached results`, run.ms, {
      op: '<=',
      bound: Math.round(THIRD_MS),
      unit: ' ms',
    });
  }
  const { run } = await beside(bench, { place, pairs: 100_000, perSession: 0, cold: false });
  // Both had all their threads.
  bench.report.target('memory from 10 000 to 100 000', run.peakMiB - small.peakMiB, {
    op: '<=',
    bound: 16,
    unit: ' MiB',
  });
}

/** Expired results beside a plain Python pass over an equal tree. */
export async function benchResults(world: World, report: Report): Promise<void> {
  report.line('expired results');
  const places = [tmpdir(), existsSync(MEMORY) ? MEMORY : tmpdir()].map((parent) =>
    mkdtempSync(join(parent, 'loiter-killer-bench-results-')),
  );
  const [disk = '', memory = ''] = places;
  try {
    const bench = {
      report,
      databaseUrl: await world.database('bench_results'),
      codeCache: join(disk, 'code'),
    };
    await inMemory(bench, memory, await onDisk(bench, disk));
  } finally {
    for (const place of places) rmSync(place, { recursive: true, force: true });
  }
}
