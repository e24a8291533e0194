import { describe, expect, it } from 'vitest';
import { createReadiness } from '../../../api/readiness.ts';

describe('createReadiness', () => {
  it('asks all at once, each for a bounded time, and names no internals', async () => {
    const readiness = createReadiness(
      {
        ledger: () => Promise.resolve({ ok: true, extra: 7 }),
        temporal: () => new Promise(() => undefined),
        worker: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7 password=x')),
        schedules: () => new Promise(() => undefined),
      },
      50,
    );
    const startedAt = performance.now();
    const components = await readiness();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(components).toEqual({
      ledger: { ok: true, extra: 7, latency_ms: expect.any(Number) },
      temporal: { ok: false, detail: 'no answer within 50 ms', latency_ms: expect.any(Number) },
      worker: { ok: false, detail: 'unavailable', latency_ms: expect.any(Number) },
      schedules: { ok: false, detail: 'no answer within 50 ms', latency_ms: expect.any(Number) },
    });
  });

  it('counts a probe that throws before it waits as not ok', async () => {
    const readiness = createReadiness({
      ledger: () => {
        throw new Error('at once');
      },
    });
    expect(await readiness()).toMatchObject({ ledger: { ok: false } });
  });
});
