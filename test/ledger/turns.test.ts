/** Concurrency and rate of an account's deletions, over two processes. */
import { expect, it } from 'vitest';
import { HeldBack } from '../../deletion/limits/held-back.ts';
import { ensureLimits } from '../../ledger/queries/provider-limit.ts';
import { takePermits, type PermitRequest } from '../../ledger/queries/take-permits.ts';
import { mostAheadMs, mostAtOnce } from '../../simulator/journal-peaks.ts';
import { until } from '../support/until.ts';
import { openBench } from './kit.ts';
import {
  areHeldBack,
  CALL,
  create,
  deleteAll,
  deletes,
  limited,
  makeStores,
  reasonsOf,
} from './limits-kit.ts';

it('never more deletions at once than the account may have, whatever the processes', async () => {
  const bench = await openBench();
  const limits = { concurrency: 3, patienceMs: 20_000 };
  const parts = [await limited(bench, limits), await limited(await bench.another(), limits)];
  const ids = await makeStores(bench, 40);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    times: 0,
    fault: { kind: 'latency', ms: 30 },
  });
  const results = await deleteAll(parts, ids);
  expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  const sent = await deletes(bench);
  expect(sent).toHaveLength(40);
  // Both had work all the time: that the limit was reached shows that the test could have seen more.
  expect(mostAtOnce(sent)).toBe(3);
  for (const { inUse } of parts) expect(Math.max(...inUse)).toBeGreaterThan(0);
  for (const { inUse } of parts) expect(inUse.at(-1)).toBe(0);
});

it('never more a second than the account may have, and not much less', async () => {
  const bench = await openBench();
  const limits = { deletesPerSecond: 50, patienceMs: 20_000 };
  const parts = [await limited(bench, limits), await limited(await bench.another(), limits)];
  const ids = await makeStores(bench, 120);
  const startMs = Date.now();
  const results = await deleteAll(parts, ids);
  expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  const sent = await deletes(bench);
  // Starts are 20 ms apart by the database's clock. A busy process may be late with some, but none comes early.
  expect(mostAheadMs(sent, { startMs, perSecond: 50 })).toBeLessThan(3);
  const tookMs = Math.max(...sent.map(({ at_ms: at }) => at)) - startMs;
  // One a look, a tenth of a second apart, would take twelve.
  expect(tookMs).toBeLessThan(10_000);
});

it('starts are apart by the spacing exactly, however many ask at the same time', async () => {
  const bench = await openBench();
  const other = await bench.another();
  const { accountId } = bench.deps;
  await ensureLimits(bench.ledger, accountId, 100);
  const request: PermitRequest = {
    accountId,
    wanted: 3,
    concurrency: 100,
    permitMs: 10_000,
    spacingMs: 40,
    horizonMs: 10_000,
    probeToken: '00000000-0000-4000-8000-000000000000',
  };
  const askedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const answer = await takePermits((n % 2 === 0 ? bench : other).ledger, request);
      return (answer?.granted ?? []).map(({ slot, delayMs }) => ({ slot, at: performance.now() + delayMs }));
    }),
  );
  const granted = answers.flat();
  expect(granted).toHaveLength(60);
  expect(new Set(granted.map(({ slot }) => slot)).size).toBe(60);
  const [limit] = await bench.sql<{ ahead: number }>(
    `SELECT (extract(epoch FROM next_delete_at - clock_timestamp()) * 1000)::float8 AS ahead FROM provider_limit`,
  );
  // 60 starts from when the first statement ran.
  const endsAt = performance.now() + (limit?.ahead ?? 0);
  expect(endsAt - askedAt).toBeGreaterThanOrEqual(60 * 40);
  const starts = granted.map(({ at }) => at).toSorted((a, b) => a - b);
  // Each is reckoned with the time its answer took to come back.
  for (const [n, at] of starts.entries()) expect(at - askedAt).toBeGreaterThanOrEqual(n * 40 - 1);
});

it('a start that a clock gone ahead reserved holds nothing back once the clock is right', async () => {
  const bench = await openBench();
  const part = await limited(bench, { deletesPerSecond: 10, patienceMs: 2_000 });
  const ids = await makeStores(bench, 5);
  await bench.sql(`UPDATE provider_limit SET next_delete_at = clock_timestamp() + interval '1 hour'`);
  const startMs = Date.now();
  const results = await deleteAll([part], ids);
  expect(reasonsOf(results)).toEqual([]);
  // The rate holds from now on: none comes early, though a busy process may be late with some.
  expect(mostAheadMs(await deletes(bench), { startMs, perSecond: 10 })).toBeLessThan(3);
});

it('the permits of a process that died are free when they have expired', async () => {
  const bench = await openBench();
  const part = await limited(bench, { concurrency: 2, patienceMs: 10_000 });
  const [id = ''] = await makeStores(bench, 1);
  await bench.sql(
    `UPDATE provider_permit SET term = term + 1, expires_at = clock_timestamp() + interval '1500 ms'`,
  );
  const [held] = await bench.sql<{ until_ms: number }>(
    `SELECT (extract(epoch FROM max(expires_at)) * 1000)::float8 AS until_ms FROM provider_permit WHERE slot <= 2`,
  );
  await part.provider.deleteStore(id, CALL);
  const [sent] = await deletes(bench);
  expect(sent?.at_ms).toBeGreaterThanOrEqual(Math.floor(held?.until_ms ?? Infinity));
});

it('a permit given back late does not free what another holds by now', async () => {
  const bench = await openBench();
  const part = await limited(bench, { concurrency: 1 });
  const [id = ''] = await makeStores(bench, 1);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    fault: { kind: 'hold', name: 'slow' },
  });
  const slow = part.provider.deleteStore(id, CALL);
  await bench.control.waitForHeld('slow');
  await bench.sql(
    `UPDATE provider_permit SET term = term + 1, expires_at = clock_timestamp() + interval '1 hour'`,
  );
  await bench.control.release('slow');
  await slow;
  await until(() => part.inUse.at(-1) === 0, { describe: 'given back' });
  const impatient = await limited(bench, { concurrency: 1, patienceMs: 300 });
  await expect(impatient.provider.deleteStore(id, CALL)).rejects.toThrow(HeldBack);
});

it('who waits too long is sent away with a time to come back; creates never wait behind deletions', async () => {
  const bench = await openBench();
  const part = await limited(bench, { concurrency: 2, patienceMs: 2_000 });
  const ids = await makeStores(bench, 6);
  await bench.control.setFault({
    match: { operation: 'delete_store' },
    times: 0,
    fault: { kind: 'hold', name: 'full' },
  });
  const running = deleteAll([part], ids.slice(0, 2));
  await bench.control.waitForHeld('full', { count: 2 });
  const waiting = deleteAll([part], ids.slice(2));
  const first = await Promise.race([create(part).then(() => 'made'), waiting.then(() => 'sent away')]);
  expect(first).toBe('made');
  const results = await waiting;
  expect(areHeldBack(results)).toBe(true);
  for (const result of results) {
    expect((result as PromiseRejectedResult).reason).toMatchObject({ kind: 'unavailable' });
    expect(((result as PromiseRejectedResult).reason as HeldBack).retryAfterMs).toBeGreaterThanOrEqual(2_000);
  }
  expect(part.heldBack).toEqual(Array(4).fill('turn'));
  expect(await bench.control.held()).toHaveLength(2);
  await bench.control.release('full');
  await running;
});

it('one account without a free permit does not slow another', async () => {
  const bench = await openBench();
  // A rate or a permit that they shared would cost the other four seconds.
  const limits = { concurrency: 1, deletesPerSecond: 0.25, patienceMs: 20_000 };
  const full = await limited(bench, limits);
  const other = await bench.another({ apiKey: 'sk-test-other-key' });
  const free = await limited(other, limits);
  expect(free.accountId).not.toBe(full.accountId);
  const [mine = '', next = ''] = await makeStores(bench, 2);
  const [its = ''] = await makeStores(other, 1);
  await bench.control.setFault({
    match: { operation: 'delete_store', id: mine },
    fault: { kind: 'hold', name: 'mine' },
  });
  const held = deleteAll([full], [mine, next]);
  await bench.control.waitForHeld('mine');
  const startedAt = performance.now();
  await free.provider.deleteStore(its, CALL);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await bench.control.release('mine');
  expect((await held).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
});

it('stores go before files, and a cancelled wait ends at once', async () => {
  const bench = await openBench();
  const part = await limited(bench, { concurrency: 1, patienceMs: 20_000 });
  const [first = '', last = ''] = await makeStores(bench, 2);
  await bench.control.setFault({ match: { id: first }, fault: { kind: 'hold', name: 'first' } });
  const stopping = new AbortController();
  const running = part.provider.deleteStore(first, CALL);
  await bench.control.waitForHeld('first');
  const file = part.provider.deleteFile('file-1', CALL).catch((error: unknown) => error);
  const stopped = part.provider.deleteFile('file-2', { ...CALL, signal: stopping.signal });
  const store = part.provider.deleteStore(last, CALL);
  stopping.abort();
  await expect(stopped).rejects.toThrow('cancelled while it waited');
  await bench.control.release('first');
  await Promise.all([running, file, store]);
  const order = (await bench.control.journal()).filter(({ operation }) => operation.startsWith('delete_'));
  expect(order.map(({ target }) => target)).toEqual([first, last, 'file-1']);
});
