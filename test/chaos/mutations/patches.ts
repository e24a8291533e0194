import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

/** A fault planted into the product, and what has to find it. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** What is wrong with the product then. */
  readonly about: string;
  /** The invariant that has to be reported as violated. */
  readonly foundBy: string;
  /** Schedules that are played until it is. */
  readonly seeds: string;
  /** Troubles that bring about the moment it is about, one JSON object each. */
  readonly also: readonly string[];
  /** Paths the patch changes. */
  readonly paths: readonly string[];
}

const DIRECTORY = import.meta.dirname;

function field(text: string, name: string): string {
  const found = new RegExp(`^# ${name}: (.+)$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`a mutation needs a line "# ${name}: …"`);
  return found.trim();
}

/** All patches of this folder, by name. */
export function mutations(): readonly Mutation[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.patch'))
    .toSorted()
    .map((name) => {
      const file = join(DIRECTORY, name);
      const text = readFileSync(file, 'utf8');
      return {
        name: name.replace(/\.patch$/, ''),
        file,
        about: field(text, 'mutation'),
        foundBy: field(text, 'found by'),
        seeds: field(text, 'seeds'),
        also: [...text.matchAll(/^# also: (.+)$/gm)].map(([, trouble]) => trouble ?? ''),
        paths: [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path]) => path ?? ''),
      };
    });
}

/** Applies it to the tree at `root`, or only tries to. Throws where the patch does not fit any more. */
export function applyMutation(mutation: Mutation, root: string, only: 'check' | 'apply' = 'apply'): void {
  const how = only === 'check' ? ['--check'] : [];
  try {
    execFileSync('git', ['apply', '--whitespace=nowarn', ...how, mutation.file], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
  } catch (error) {
    const why = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`the patch ${mutation.name} is stale: ${why}`, { cause: error });
  }
}
