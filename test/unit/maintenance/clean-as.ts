/** Cleans a directory as a user without rights, where this process has them all; prints what came of it as JSON. */
import { cleanAgedFiles } from '../../../maintenance/index.ts';
import { CLEANERS } from './passes.ts';
import type { Wish } from './clean-here.ts';
import { becomeNobody, isRoot } from './nobody.ts';

interface Order {
  readonly results?: Wish;
  readonly agedFiles?: { readonly directory: string; readonly dryRun: boolean };
}

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
if (isRoot) becomeNobody();
const answers: unknown[] = [];
if (order.results !== undefined) {
  for (const [, clean] of CLEANERS) answers.push(await clean(order.results));
}
if (order.agedFiles !== undefined) {
  const { directory, dryRun } = order.agedFiles;
  const settings = { directory, guarded: { home: '/', data: '/' }, glob: '*.mp3', maxAgeMs: 3_600_000 };
  const log = { info: () => undefined, warn: () => undefined } as never;
  const context = { signal: new AbortController().signal, heartbeat: () => undefined };
  answers.push(await cleanAgedFiles({ settings, log }, { dryRun }, context));
}
console.log(JSON.stringify(answers));
