/** Leases whose calls the limits of the account hold back: they wait, and nothing counts against them. */
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { createLeaseKeeper, createLeases, type LeaseSettings } from '../../leases/index.ts';
import type { LimitSettings } from '../../deletion/limits/index.ts';
import { until } from '../support/until.ts';
import { acquireOf, ask, CONTEXT, KEY, newSession, openBench, trackOf, type Bench } from './kit.ts';
import { limited } from './limits-kit.ts';

const LONG = { firstOpenMs: 40_000, longestOpenMs: 40_000 };

/** The kit's process again, with its provider within limits. */
async function withinLimits(
  settings: Partial<LimitSettings> = LONG,
  leaseSettings: Partial<LeaseSettings> = {},
) {
  const bench = await openBench(leaseSettings);
  const { provider, heldBack } = await limited(bench, settings);
  const deps = { ...bench.deps, provider };
  return { bench, heldBack, keeper: createLeaseKeeper(deps), leases: createLeases(deps) };
}

async function ended(bench: Bench, files = 0): Promise<string> {
  const sessionId = newSession();
  const { leaseId } = await bench.leases.acquire(acquireOf(sessionId));
  const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl, maxRetries: 0 });
  const uploads = Array.from({ length: files }, (_, n) =>
    sdk.files.create({ file: new File(['x'], `${n}.txt`), purpose: 'assistants' }),
  );
  const ids = (await Promise.all(uploads)).map(({ id }) => id);
  if (files > 0) await bench.leases.track(trackOf(sessionId, ids));
  await bench.leases.release({ ...ask(sessionId), force: false });
  return leaseId;
}

const openBreaker = (bench: Bench) =>
  bench.sql(
    `UPDATE provider_limit SET open_reason = 'failing', opened_at = clock_timestamp(),
       open_until = clock_timestamp() + interval '40 s'`,
  );
const closeBreaker = (bench: Bench) =>
  bench.sql(`UPDATE provider_limit SET open_reason = NULL, opened_at = NULL, open_until = NULL`);
const sent = async (bench: Bench, operation: string) =>
  (await bench.control.journal()).filter((entry) => entry.operation === operation);

interface Marks {
  readonly attempts: number;
  readonly stuck: boolean;
  readonly failing_ms: number | null;
  readonly wait_ms: number;
  readonly waits_for: string;
}
async function marksOf(bench: Bench, leaseId: string): Promise<Marks> {
  const [row] = await bench.sql<Marks>(
    `SELECT attempts, stuck_at IS NOT NULL AS stuck, waits_for,
       (extract(epoch FROM clock_timestamp() - failing_since) * 1000)::float8 AS failing_ms,
       (extract(epoch FROM next_try_at - clock_timestamp()) * 1000)::float8 AS wait_ms
     FROM lease WHERE lease_id = $1`,
    [leaseId],
  );
  if (row === undefined) throw new Error('no such lease');
  return row;
}

it('behind an open breaker a drain waits by its next try, and the time it has been failing stands still', async () => {
  const { bench, keeper } = await withinLimits();
  const leaseId = await ended(bench);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    fault: { kind: 'status', status: 500 },
  });
  await keeper.deleteStore(leaseId, CONTEXT);
  await bench.sql(
    `UPDATE lease SET failing_since = clock_timestamp() - interval '9 min 55 s', next_try_at = NULL`,
  );
  await openBreaker(bench);
  const { closed, waitMs } = await keeper.deleteStore(leaseId, CONTEXT);
  expect(closed).toBe(false);
  // At the first chance at the earliest, and spread over as long again.
  expect(waitMs).toBeGreaterThan(35_000);
  expect(waitMs).toBeLessThan(80_000);
  const marks = await marksOf(bench, leaseId);
  expect(marks).toMatchObject({ attempts: 1, stuck: false, waits_for: 'held back: the provider fails' });
  expect(Math.abs(marks.wait_ms - waitMs)).toBeLessThan(5_000);
  expect(Math.abs((marks.failing_ms ?? 0) - (595_000 - waitMs))).toBeLessThan(5_000);
  expect(await sent(bench, 'delete_store')).toHaveLength(1);
  await closeBreaker(bench);
  expect(await keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
});

it('a stuck lease stays stuck while it is held back', async () => {
  const { bench, keeper } = await withinLimits();
  const leaseId = await ended(bench);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    fault: { kind: 'status', status: 401 },
  });
  await keeper.deleteStore(leaseId, CONTEXT);
  const before = await bench.sql('SELECT stuck_at, failing_since, attempts, last_error FROM lease');
  await openBreaker(bench);
  await keeper.deleteStore(leaseId, CONTEXT);
  expect(await bench.sql('SELECT stuck_at, failing_since, attempts, last_error FROM lease')).toEqual(before);
  await closeBreaker(bench);
  expect(await keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
});

it('behind an open breaker an acquire is refused with the time of the next try, and nothing is sent', async () => {
  const { bench, leases } = await withinLimits();
  await openBreaker(bench);
  const sessionId = newSession();
  const startedAt = performance.now();
  const refused = await leases.acquire(acquireOf(sessionId)).catch((error: unknown) => error);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(refused).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryAfterSeconds: expect.any(Number) });
  const { retryAfterSeconds } = refused as { retryAfterSeconds: number };
  expect(retryAfterSeconds).toBeGreaterThan(30);
  expect(retryAfterSeconds).toBeLessThanOrEqual(41);
  expect(await sent(bench, 'create_store')).toEqual([]);
  expect(await bench.sql('SELECT state, uncertain FROM lease')).toEqual([
    { state: 'closed', uncertain: false },
  ]);
  await closeBreaker(bench);
  const made = await until(() => leases.acquire(acquireOf(sessionId)), {
    describe: 'the breaker is seen closed',
  });
  expect(made).toMatchObject({ reused: false });
});

it('the files of a pass wait for their turn within its budget, and the next pass goes on', async () => {
  const { bench, keeper } = await withinLimits({ deletesPerSecond: 20 }, { passBudgetMs: 600 });
  const leaseId = await ended(bench, 30);
  const startedAt = performance.now();
  expect(await keeper.deleteFiles(leaseId, CONTEXT)).toEqual({ closed: false, waitMs: 0 });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  const first = (await sent(bench, 'delete_file')).length;
  expect(first).toBeGreaterThanOrEqual(1);
  expect(first).toBeLessThan(30);
  for (let passes = 0; passes < 20; passes += 1) {
    if ((await keeper.deleteFiles(leaseId, CONTEXT)).closed) break;
  }
  expect(await keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
  expect((await sent(bench, 'delete_file')).map(({ effect }) => effect)).toEqual(Array(30).fill('deleted'));
});

it('a breaker that opens within a pass ends it: what has not begun is not even asked for', async () => {
  const { bench, keeper, heldBack } = await withinLimits();
  const leaseId = await ended(bench, 60);
  await bench.control.setFault({
    match: { operation: 'delete_file' },
    times: 0,
    fault: { kind: 'status', status: 503 },
  });
  const outcome = await keeper.deleteFiles(leaseId, CONTEXT);
  expect(outcome.closed).toBe(false);
  // Five open it; the kit has four under way at once.
  const tried = (await sent(bench, 'delete_file')).length;
  expect(tried).toBeGreaterThanOrEqual(5);
  expect(tried).toBeLessThanOrEqual(9);
  expect(heldBack.length).toBeGreaterThanOrEqual(1);
  expect(heldBack.length).toBeLessThanOrEqual(4);
});
