/** What was played already on this very state of the tree, so that an interrupted run goes on where it stopped. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';

/** How one schedule went. */
export interface Played {
  readonly seed: number;
  readonly clean: boolean;
  readonly calls: number;
  /** How often each kind of trouble came. */
  readonly troubles: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly invariants: readonly string[];
}

export interface Progress {
  readonly commit: string;
  readonly played: readonly Played[];
  add(played: Played): void;
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** The commit, and where the tree differs from it a fingerprint of the difference. */
export function stateOfTree(): string {
  try {
    const head = git('rev-parse', '--short=12', 'HEAD').trim();
    const changes = git('diff', 'HEAD') + git('status', '--porcelain');
    if (changes === '') return head;
    return `${head}+${createHash('sha256').update(changes).digest('hex').slice(0, 8)}`;
  } catch {
    return 'copy'; // no checkout, such as the copy a mutation is applied to
  }
}

export function openProgress(into: string): Progress {
  const commit = stateOfTree();
  mkdirSync(into, { recursive: true });
  const file = join(into, `${commit}.jsonl`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const played = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Played);
  return {
    commit,
    played,
    add: (one) => {
      played.push(one);
      appendFileSync(file, `${JSON.stringify(one)}\n`);
    },
  };
}
