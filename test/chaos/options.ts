import { parseArgs } from 'node:util';
import type { Planned } from './schedule/contract.ts';

export const USAGE = `npm run chaos -- [options]
  --seeds 1-200       which schedules; a single number is one of them (default 1-200)
  --until <invariant> stop when it is violated
  --also <troubles>   JSON list of troubles that every schedule gets besides its own
  --again             also those that were clean on this very state of the tree before
  --check <file>      check a recorded history; runs nothing
  --mutations [name]  prove the checker: apply each patch to a copy of the tree and see that it is found out
  --into <directory>  where histories and progress are kept (default data-chaos)`;

export interface Options {
  readonly seeds: readonly number[];
  readonly again: boolean;
  readonly until: string | null;
  readonly also: readonly Planned[];
  readonly check: string | null;
  readonly mutations: boolean;
  readonly names: readonly string[];
  readonly into: string;
}

function seedsOf(text: string): readonly number[] {
  const range = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
  if (range === null) throw new Error(`--seeds must be a number or a range such as 1-200, not ${text}.`);
  const from = Number(range[1]);
  const to = Number(range[2] ?? from);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
}

/** The command line; throws with a sentence where it is not understood. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '1-200' },
      again: { type: 'boolean', default: false },
      until: { type: 'string' },
      also: { type: 'string', default: '[]' },
      check: { type: 'string' },
      mutations: { type: 'boolean', default: false },
      into: { type: 'string', default: 'data-chaos' },
    },
  });
  return {
    seeds: seedsOf(values.seeds),
    again: values.again,
    until: values.until ?? null,
    also: JSON.parse(values.also) as Planned[],
    check: values.check ?? null,
    mutations: values.mutations,
    names: positionals,
    into: values.into,
  };
}
