/** What an operator sees of the limits: readiness and metrics. */
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { providerProbe } from '../../api/limits.ts';
import { createBreakerGauge, createLimitMetrics } from '../../telemetry/limit-metrics.ts';
import { openBench } from './kit.ts';
import { limited } from './limits-kit.ts';

it('readiness tells whether the breaker is closed, open or half open, and why', async () => {
  const bench = await openBench();
  const { accountId } = await limited(bench);
  const probe = providerProbe(bench.ledger, accountId);
  expect(await probe()).toEqual({
    ok: true,
    breaker: 'closed',
    failures_in_a_row: 0,
    deletions_under_way: 0,
  });
  await bench.sql(
    `UPDATE provider_permit SET expires_at = clock_timestamp() + interval '1 min' WHERE slot <= 2`,
  );
  await bench.sql(`UPDATE provider_limit SET failed_targets = '{a,b}'`);
  expect(await probe()).toMatchObject({ ok: true, failures_in_a_row: 2, deletions_under_way: 2 });
  await bench.sql(
    `UPDATE provider_limit SET open_reason = 'failing', opened_at = clock_timestamp() - interval '100 s',
       open_until = clock_timestamp() + interval '20 s'`,
  );
  const open = await probe();
  expect(open).toMatchObject({ ok: false, breaker: 'open', reason: 'failing', detail: expect.any(String) });
  expect(open['open_for_seconds']).toBeGreaterThanOrEqual(100);
  expect(open['next_try_in_seconds']).toBeLessThanOrEqual(20);
  await bench.sql(`UPDATE provider_limit SET open_reason = 'missing', open_until = clock_timestamp()`);
  expect(await probe()).toMatchObject({ ok: false, breaker: 'half_open', reason: 'missing' });
  expect(await providerProbe(bench.ledger, accountId + 1)()).toMatchObject({ ok: false });
});

it('every series is there from the start; the breaker has a value only while the ledger answers', async () => {
  const registry = new Registry();
  const answers = { open: true, away: false };
  const trips: string[] = [];
  const meterOf = createLimitMetrics(registry, { breakerTripped: (provider) => void trips.push(provider) });
  const meter = meterOf('openai');
  const other = meterOf('kimi');
  createBreakerGauge(registry, () =>
    answers.away ? Promise.reject(new Error('away')) : Promise.resolve(answers.open),
  );
  const text = await registry.metrics();
  for (const series of [
    'loiter_killer_provider_breaker_open 1',
    'loiter_killer_provider_permits_in_use 0',
    'loiter_killer_provider_held_back_total{why="breaker"} 0',
    'loiter_killer_provider_held_back_total{why="turn"} 0',
    'loiter_killer_provider_held_back_total{why="ledger"} 0',
    'loiter_killer_provider_turn_wait_seconds_count 0',
  ]) {
    expect(text).toContain(series);
  }
  meter.waited(1_500);
  meter.heldBack('turn');
  meter.inUse(3);
  other.inUse(2);
  meter.inUse(1);
  other.opened();
  meterOf('some-other').opened();
  answers.open = false;
  const moved = await registry.metrics();
  expect(moved).toContain('loiter_killer_provider_turn_wait_seconds_sum 1.5');
  expect(moved).toContain('held_back_total{why="turn"} 1');
  expect(moved).toContain('permits_in_use 3');
  expect(trips).toEqual(['kimi']);
  expect(moved).toContain('breaker_open 0');
  answers.away = true;
  expect(await registry.metrics()).not.toMatch(/^loiter_killer_provider_breaker_open/m);
});
