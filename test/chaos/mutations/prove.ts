/** `npm run chaos -- --mutations`: the checker has to find every fault that is planted into the product. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineEnvironment } from '../../../dev/machine-environment.ts';
import type { Options } from '../options.ts';
import type { Played } from '../progress.ts';
import { copyTree } from './copy.ts';
import { applyMutation, mutations, type Mutation } from './patches.ts';

/** Starting the servers and some schedules, on a busy machine. */
const DEADLINE_MS = 15 * 60_000;

interface Proof {
  readonly found: boolean;
  readonly violated: readonly string[];
  readonly schedules: number;
  readonly log: string;
}

async function runIn(tree: string, mutation: Mutation): Promise<string> {
  const until = ['--until', mutation.foundBy, '--also', `[${mutation.also.join(',')}]`];
  const args = ['test/chaos/main.ts', '--seeds', mutation.seeds, '--again', ...until];
  const child = spawn(process.execPath, args, {
    cwd: tree,
    env: machineEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  await once(child, 'close');
  return log;
}

function playedIn(tree: string): readonly Played[] {
  const into = join(tree, 'data-chaos');
  if (!existsSync(into)) return [];
  return readdirSync(into)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(into, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Played);
}

async function prove(mutation: Mutation, tree: string): Promise<Proof> {
  copyTree(tree);
  try {
    applyMutation(mutation, tree);
  } catch (error) {
    return { found: false, violated: ['nothing: the patch is stale'], schedules: 0, log: String(error) };
  }
  const log = await runIn(tree, mutation);
  const played = playedIn(tree);
  const violated = [...new Set(played.flatMap(({ invariants }) => invariants))];
  return { found: violated.includes(mutation.foundBy), violated, schedules: played.length, log };
}

/** True when each mutation was found by the invariant that its patch names. */
export async function proveChecker({ names, into }: Options): Promise<boolean> {
  const wanted = mutations().filter(({ name }) => names.length === 0 || names.includes(name));
  const tree = join(tmpdir(), `loiter-killer-mutated-${process.pid}`);
  mkdirSync(into, { recursive: true });
  let missed = 0;
  try {
    for (const mutation of wanted) {
      const begin = performance.now();
      const proof = await prove(mutation, tree);
      const seconds = Math.round((performance.now() - begin) / 1000);
      const verdict = proof.found ? 'found' : 'MISSED';
      console.log(
        `${verdict} ${mutation.name} by ${mutation.foundBy}: ${proof.schedules} schedules, ${seconds} s; ` +
          `violated: ${proof.violated.join(', ') || 'nothing'}`,
      );
      if (proof.found) continue;
      missed += 1;
      writeFileSync(join(into, `missed-${mutation.name}.log`), proof.log);
    }
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  console.log(`${wanted.length - missed} of ${wanted.length} mutations found`);
  return missed === 0 && wanted.length > 0;
}
