/** One run over cached results in a process of its own. Arguments: database, directory, code cache. Prints JSON. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { openLedger } from '../ledger/index.ts';
import { cleanResults } from '../maintenance/index.ts';

const IDLE_MS = 1_000;

const [url = '', directory = '', codeCache = ''] = process.argv.slice(2);
const ledger = openLedger({ url, poolSize: 2, applicationName: 'bench', onError: () => undefined });
const settings = { directory, guarded: { home: '/nowhere/h', data: '/nowhere/d' }, leftoverMs: 0 };
const context = { signal: new AbortController().signal, heartbeat: () => undefined };
const deps = { ledger, log: pino({ level: 'silent' }), settings, codeCache };

/** 99.9 of a hundred turns of the event loop came at most so late while it went on, in milliseconds. */
async function lateness(work: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return histogram.percentile(99.9) / 1e6;
}

await ledger.rows({ name: 'bench-connect', text: 'SELECT 1' }, []);
const idleDelayMs = await lateness(() => delay(IDLE_MS));
const idleMiB = process.memoryUsage.rss() / 2 ** 20;
const run = { runId: `bench ${process.pid}`, dryRun: false };
let ms = 0;
let deleted = 0;
const delayMs = await lateness(async () => {
  const begin = performance.now();
  const result = await cleanResults(deps, run, context);
  ms = performance.now() - begin;
  deleted = result.deleted_count;
});
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ms, deleted, idleMiB, peakMiB, idleDelayMs, delayMs }));
await ledger.close();
