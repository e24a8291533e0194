/** docs/examples/mcp-server.ts, run: it keeps the rules that the README names. */
import { afterEach, describe, expect, it } from 'vitest';
import { sessionIdOf, withStore } from '../../../docs/examples/mcp-server.ts';
import { until } from '../../support/until.ts';
import { ACQUIRED, RENEWED, scriptedService, type Answer, type ScriptedService } from './scripted-service.ts';

let service: ScriptedService;
afterEach(() => service.stop());

/** The store the work was given, once `finished` says so. */
async function work(script: Record<string, readonly Answer[]>, finished: () => boolean = () => true) {
  service = await scriptedService(script);
  return withStore(service.url, 'a b/ü', {
    use: async (storeId, lost) => {
      await until(() => finished() || lost.aborted, { describe: 'the work is finished' });
      return { storeId, lost: lost.aborted };
    },
    ownStore: () => Promise.resolve('vs_own'),
  });
}
const renewals = () => service.calls.filter((call) => call.endsWith('/renew')).length;

describe('withStore', () => {
  it('uses the leased store and renews it while the work goes on, no longer', async () => {
    const done = await work({ acquire: [ACQUIRED], renew: [RENEWED] }, () => renewals() >= 2);
    expect(done).toEqual({ storeId: 'vs_1', lost: false });
    expect(service.calls[0]).toBe('POST /session/a%20b%2F%C3%BC/acquire');
    const after = renewals();
    // A third of a second brings the next renewal; more than two thirds pass without one.
    await until(passed(800), { describe: '0.8 s have passed' });
    expect(renewals()).toBe(after);
  });

  it.each([500, 502, 503, 504])('falls back to a store of its own on %d', async (status) => {
    expect(await work({ acquire: [{ status }] })).toEqual({ storeId: 'vs_own', lost: false });
    expect(service.calls).toHaveLength(1);
  });

  it('falls back when nobody answers', async () => {
    expect(await work({ acquire: ['hang up'] })).toEqual({ storeId: 'vs_own', lost: false });
    await service.stop();
    const own = {
      use: (storeId: string) => Promise.resolve(storeId),
      ownStore: () => Promise.resolve('vs_own'),
    };
    await expect(withStore(service.url, 'x', own)).resolves.toBe('vs_own');
  });

  it('waits for Retry-After on 429 and asks again', async () => {
    const busy: Answer = { status: 429, headers: { 'retry-after': '1' } };
    const begun = performance.now();
    expect((await work({ acquire: [busy, ACQUIRED], renew: [RENEWED] })).storeId).toBe('vs_1');
    expect(performance.now() - begun).toBeGreaterThan(950);
  });

  it('does not hide a mistake of its own behind a fallback', async () => {
    await expect(work({ acquire: [{ status: 422 }] })).rejects.toThrow('422');
  });

  it('learns that the lease has ended', async () => {
    const done = await work({ acquire: [ACQUIRED], renew: [RENEWED, { status: 404 }] }, () => false);
    expect(done).toEqual({ storeId: 'vs_1', lost: true });
  });

  it('goes on while the service is away', async () => {
    const away = await work(
      { acquire: [ACQUIRED], renew: ['hang up', { status: 503 }, RENEWED] },
      () => renewals() >= 3,
    );
    expect(away).toEqual({ storeId: 'vs_1', lost: false });
  });
});

it('sessionIdOf is the same for the same files in whatever order', () => {
  // printf '/a/one.md|/b/two.md' | md5sum
  expect(sessionIdOf(['/b/two.md', '/a/one.md'])).toBe('81fae18b7db696f8');
  expect(sessionIdOf(['/a/one.md', '/b/two.md'])).toBe(sessionIdOf(['/b/two.md', '/a/one.md']));
});

/** True from so many milliseconds on. */
function passed(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() >= end;
}
