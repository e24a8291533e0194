/** Many leases fall due in one instant: the provider's limits hold over two workers, and no other lease's end is late. */
import { beforeAll, expect, it } from 'vitest';
import { mostAheadMs, mostAtOnce } from '../../simulator/journal-peaks.ts';
import { query } from '../support/databases.ts';
import { freePort, startWorker, type Program } from '../support/programs.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire } from './session-calls.ts';

const STORM = 80;
const RATE = 4;
const CONCURRENCY = 3;
/** The other lease ends this long after the storm broke: half of its deletions, ten seconds of them, still queue. */
const LATER_SECONDS = 10;

let stack: Stack;
let other: Program;
beforeAll(async () => {
  stack = await startStack({
    LEASE_SECONDS: 600,
    MAX_VECTOR_STORES: 0,
    PROVIDER_CONCURRENCY: CONCURRENCY,
    PROVIDER_DELETE_PER_SECOND: RATE,
  });
  other = await startWorker({ ...stack.settings, WORKER_METRICS_PORT: await freePort() });
  return async () => {
    await other.stop();
    await stack.stop();
  };
});

const count = async (where: string): Promise<number> => {
  const rows = await query<{ n: number }>(
    stack.databaseUrl,
    `SELECT count(*)::int AS n FROM lease WHERE ${where}`,
  );
  return rows[0]?.n ?? 0;
};

async function acquireAll(): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let n = next++; n < STORM; n = next++) await acquire(stack, `storm-${n}`);
  };
  await Promise.all([...Array.from({ length: 12 }, one), acquire(stack, 'later')]);
  // Their workflows sleep until the deadlines they know, which the storm brings forward.
  await until(async () => (await count('seen_version = 0')) === 0, {
    describe: 'all seen',
    deadlineMs: 60_000,
  });
}

/** Brings the deadlines forward and wakes the workflows, as a renewal by the signal with few seconds would. */
async function breakStorm(): Promise<void> {
  await query(
    stack.databaseUrl,
    `UPDATE lease SET expires_at = clock_timestamp() + interval '4 s'
       + CASE WHEN session_id = 'later' THEN $1 * interval '1 s' ELSE interval '0' END,
     wanted_version = wanted_version + 1, changed_at = clock_timestamp() - interval '1 min', wake_at = clock_timestamp()`,
    [LATER_SECONDS],
  );
}

const lateMs = async (): Promise<number | undefined> => {
  const rows = await query<{ late_ms: number }>(
    stack.databaseUrl,
    `SELECT (extract(epoch FROM ended_at - expires_at) * 1000)::float8 AS late_ms FROM lease
     WHERE session_id = 'later' AND ended_at IS NOT NULL`,
  );
  return rows[0]?.late_ms;
};

/** The deadline that all but one share, in epoch milliseconds. */
async function stormMs(): Promise<number> {
  const rows = await query<{ ms: number }>(
    stack.databaseUrl,
    `SELECT (extract(epoch FROM min(expires_at)) * 1000)::float8 AS ms FROM lease`,
  );
  return rows[0]?.ms ?? Number.NaN;
}

/** How many deletions of that worker got their turn. */
async function turnsOf(worker: Program): Promise<number> {
  const text = await (await fetch(`${worker.url}/metrics`)).text();
  return Number(/^loiter_killer_provider_turn_wait_seconds_count (\d+)/m.exec(text)?.[1]);
}

it('equal deadlines queue for deletion within the limits; another lease ends in time', async () => {
  await acquireAll();
  await stack.simulator.control.config({ latency_ms: 100 });
  await breakStorm();
  const late = await until(lateMs, { describe: 'the other lease is ended', deadlineMs: 40_000 });
  // It overtook those that queue; on a quiet machine it is a tenth of a second late.
  expect(await count(`state = 'draining'`)).toBeGreaterThan(12);
  expect(late).toBeLessThan(5_000);
  await until(async () => (await count(`state <> 'closed'`)) === 0, {
    describe: 'all gone',
    deadlineMs: 60_000,
  });
  const sent = (await stack.simulator.control.journal()).filter(
    ({ operation }) => operation === 'delete_store',
  );
  expect(sent).toHaveLength(STORM + 1);
  expect(mostAtOnce(sent)).toBeLessThanOrEqual(CONCURRENCY);
  // Spaced evenly by the ledger, from the deadline on; a busy worker may be late with some, but none comes early.
  expect(mostAheadMs(sent, { startMs: await stormMs(), perSecond: RATE })).toBeLessThan(5);
  expect(await count(`attempts > 0`)).toBe(0);
  for (const worker of [stack.worker, other]) expect(await turnsOf(worker)).toBeGreaterThan(0);
}, 180_000);
