/** A run over cached results that stands still at a chosen moment, to be killed there or to go on when it may. */
import { existsSync } from 'node:fs';
import { pino } from 'pino';
import { isServiceError } from '../../domain/errors.ts';
import { openLedger } from '../../ledger/index.ts';
import { cleanResults } from '../../maintenance/index.ts';
import type { Clean } from '../../maintenance/results/clean.ts';
import { cleanHere } from '../unit/maintenance/clean-here.ts';
import type { Hold } from './results-crash-kit.ts';

const order = JSON.parse(process.argv[2] ?? '{}') as Hold & {
  databaseUrl: string;
  root: string;
  runId: string;
};

const LOOK_EVERY_MS = 20;

/** Stands still, as a process does that gets no time any more; for ever, unless it is told by a file to go on. */
function holdHere(): void {
  console.log('held');
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (order.go === undefined || !existsSync(order.go)) Atomics.wait(nothing, 0, 0, LOOK_EVERY_MS);
}

let seen = 0;
const clean: Clean = async (task, options) => {
  if (order.at === 'begun') holdHere();
  const counts = await cleanHere((step) => {
    if (step !== order.at) return;
    seen += 1;
    if (seen === order.nth) holdHere();
  })(task, options);
  if (order.at === 'cleaned') holdHere();
  // Only the event loop stands still here: pulses go on.
  if (order.at === 'beating') {
    console.log('held');
    await new Promise(() => undefined);
  }
  return counts;
};

const ledger = openLedger({
  ...{ url: order.databaseUrl, poolSize: 2, applicationName: 'child', onError: () => undefined },
});
const settings = { directory: order.root, guarded: { home: '/n/h', data: '/n/d' }, leftoverMs: 3_600_000 };
const context = { signal: new AbortController().signal, heartbeat: () => undefined };
const common = { ledger, log: pino({ level: 'silent' }), settings };
const deps = order.at === 'nowhere' ? common : { ...common, clean };
try {
  console.log(JSON.stringify(await cleanResults(deps, { runId: order.runId, dryRun: false }, context)));
} catch (error) {
  if (!isServiceError(error)) throw error;
  console.log(error.code);
}
if (order.at === 'answered') holdHere();
console.log('ran through');
await ledger.close();
