/** The breaker of an account: opened by one process, heeded by all, closed by the one probe that works. */
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../domain/errors.ts';
import { HeldBack } from '../../deletion/limits/held-back.ts';
import type { LimitSettings } from '../../deletion/limits/settings.ts';
import { breakerState, providerLimits } from '../../ledger/queries/provider-limit.ts';
import { takeProbe } from '../../ledger/queries/breaker-probe.ts';
import type { Fault } from '../../simulator/contract.ts';
import { until } from '../support/until.ts';
import { openBench, type Bench } from './kit.ts';
import {
  areHeldBack,
  CALL,
  create,
  deleteAll,
  deleteEach,
  deletes,
  isOpen,
  limited,
  LONG,
  makeDue,
  makeStores,
  reasonsOf,
  twoProcesses,
} from './limits-kit.ts';

const AWAY: Fault = { kind: 'status', status: 500 };
const meet = (bench: Bench, fault: Fault, times = 0) =>
  bench.control.setFault({ match: { operation: 'delete_store' }, times, fault });

describe('opens', () => {
  it('after five different failures in a row, whichever process has them, and all of them stop', async () => {
    const { bench, one, two } = await twoProcesses();
    const ids = await makeStores(bench, 8);
    await meet(bench, AWAY);
    await deleteEach(one, ids.slice(0, 2));
    await deleteEach(two, ids.slice(2, 4));
    expect(await isOpen(bench, one)).toBe(false);
    await deleteEach(one, ids.slice(4, 5));
    expect(await isOpen(bench, one)).toBe(true);
    expect(one.logged).toMatchObject([{ event: 'provider_breaker_opened', reason: 'failing' }]);
    expect(two.logged).toEqual([]);
    await bench.control.clearFaults();
    const before = (await bench.control.journal()).length;
    expect(areHeldBack(await deleteAll([one, two], ids))).toBe(true);
    await until(
      () =>
        create(two).then(
          () => false,
          (error: unknown) => error instanceof HeldBack,
        ),
      {
        describe: 'the other process has heard of it',
      },
    );
    const refused = await create(one).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: 'unavailable' });
    expect((refused as HeldBack).retryAfterMs).toBeGreaterThan(55_000);
    expect(await one.provider.retrieveStore(ids[0] ?? '', CALL).catch((e: unknown) => e)).toBeInstanceOf(
      HeldBack,
    );
    const listing = async () => {
      for await (const page of one.provider.listStores(CALL)) expect(page).toEqual([]);
    };
    await expect(listing()).rejects.toThrow(HeldBack);
    const after = (await bench.control.journal()).slice(before);
    // The other process may have sent creates before it read the breaker's state again.
    expect(after.filter(({ operation }) => operation !== 'create_store')).toEqual([]);
    expect(await providerLimits(bench.ledger, one.accountId)).toMatchObject({
      reason: 'failing',
      permitsInUse: 0,
    });
  });

  it('by creates and listings as well, and never by the same thing failing again and again', async () => {
    const { bench, one } = await twoProcesses();
    const [poison = ''] = await makeStores(bench, 1);
    await bench.control.setFault({ times: 0, fault: AWAY });
    await deleteEach(one, Array<string>(8).fill(poison));
    expect(await isOpen(bench, one)).toBe(false);
    for (let times = 0; times < 3; times += 1) {
      await expect(create(one)).rejects.toMatchObject({ kind: 'ambiguous' });
    }
    expect(await isOpen(bench, one)).toBe(false);
    await expect(
      one.provider.findStoresByLease({ instanceId: 'i', leaseId: 'l', createdSinceMs: null }, CALL),
    ).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await isOpen(bench, one)).toBe(true);
  });

  it.each([
    ['429', { kind: 'status', status: 429, retry_after: 90 }, 90_000],
    ['a dropped connection', { kind: 'drop_before' }, 60_000],
    ['a hang', { kind: 'hang' }, 60_000],
  ] as const)('by %s', async (_name, fault, openMs) => {
    const { bench, one } = await twoProcesses();
    const ids = await makeStores(bench, 5);
    await meet(bench, fault);
    const options = fault.kind === 'hang' ? { deadlineMs: 300 } : CALL;
    await Promise.allSettled(ids.map((id) => one.provider.deleteStore(id, options)));
    const state = await breakerState(bench.ledger, one.accountId);
    expect(state?.reason).toBe('failing');
    expect(Math.abs((state?.openMs ?? 0) - openMs)).toBeLessThan(5_000);
  });

  it.each([
    ['401', { kind: 'status', status: 401 }, 'unauthorized'],
    ['403', { kind: 'status', status: 403 }, 'unauthorized'],
    ['400', { kind: 'status', status: 400 }, 'refused'],
    ['409, which is about the one store', { kind: 'status', status: 409 }, 'unavailable'],
  ] as const)('not by %s', async (_name, fault, kind) => {
    const { bench, one } = await twoProcesses();
    const ids = await makeStores(bench, 7);
    await meet(bench, fault);
    const errors = await deleteEach(one, ids);
    expect(errors).toHaveLength(7);
    for (const error of errors) expect(error).toMatchObject({ kind });
    expect(await isOpen(bench, one)).toBe(false);
  });

  it('not by creates that are throttled: a full account may refuse them so', async () => {
    const { bench, one } = await twoProcesses();
    await bench.control.setFault({
      match: { operation: 'create_store' },
      times: 0,
      fault: { kind: 'status', status: 429 },
    });
    for (let times = 0; times < 7; times += 1) {
      await expect(create(one)).rejects.toMatchObject({ kind: 'throttled' });
    }
    expect(await isOpen(bench, one)).toBe(false);
  });

  it('not by what the caller cancelled', async () => {
    const { bench, one } = await twoProcesses();
    const ids = await makeStores(bench, 6);
    await meet(bench, { kind: 'hang' });
    const stopping = new AbortController();
    const running = ids.map((id) => one.provider.deleteStore(id, { ...CALL, signal: stopping.signal }));
    await until(async () => (await deletes(bench)).length === 6, { describe: 'all sent' });
    stopping.abort();
    await Promise.allSettled(running);
    expect(await isOpen(bench, one)).toBe(false);
  });

  it.each(['delete', 'create'])('not where a %s works in between, in whichever process', async (works) => {
    const { bench, one, two } = await twoProcesses();
    const ids = await makeStores(bench, 9);
    await meet(bench, AWAY, 4);
    await deleteEach(one, ids.slice(0, 4));
    if (works === 'delete') await two.provider.deleteStore(ids[8] ?? '', CALL);
    else await create(two);
    await until(async () => (await providerLimits(bench.ledger, one.accountId))?.failures === 0, {
      describe: 'the row is ended',
    });
    await meet(bench, AWAY, 4);
    expect(await deleteEach(one, ids.slice(4, 8))).toHaveLength(4);
    expect(await isOpen(bench, one)).toBe(false);
  });

  it('for one account only', async () => {
    const { bench, one } = await twoProcesses();
    const other = await bench.another({ apiKey: 'sk-test-other-key' });
    const its = await limited(other, LONG);
    await meet(bench, AWAY, 5);
    await deleteEach(one, await makeStores(bench, 5));
    expect(await isOpen(bench, one)).toBe(true);
    const ids = await makeStores(other, 2);
    expect(reasonsOf(await deleteAll([its], ids))).toEqual([]);
    await create(its);
  });
});

describe('half open', () => {
  async function opened(settings: Partial<LimitSettings> = {}) {
    const all = await twoProcesses(settings);
    const ids = await makeStores(all.bench, 30);
    await meet(all.bench, AWAY, 5);
    await deleteEach(all.one, ids.slice(0, 5));
    expect(await isOpen(all.bench, all.one)).toBe(true);
    return { ...all, ids };
  }

  it.each(['deletions', 'creates'])(
    'lets exactly one call through, of many %s in two processes',
    async (which) => {
      const { bench, one, two, ids } = await opened();
      await bench.control.setFault({ times: 0, fault: { kind: 'hold', name: 'probe' } });
      await makeDue(bench);
      const before = (await bench.control.journal()).length;
      // A state that was read before is forgotten after a moment.
      await until(async () => (await breakerState(bench.ledger, one.accountId))?.openMs === 0, {
        describe: 'due',
      });
      const calls =
        which === 'deletions'
          ? ids.slice(5).map((id, n) => (n % 2 === 0 ? one : two).provider.deleteStore(id, CALL))
          : Array.from({ length: 20 }, (_, n) => create(n % 2 === 0 ? one : two));
      const held = { back: 0 };
      for (const call of calls) {
        call.catch((error: unknown) => {
          if (error instanceof HeldBack) held.back += 1;
        });
      }
      const settled = Promise.allSettled<unknown>(calls);
      await bench.control.waitForHeld('probe');
      expect(
        await takeProbe(bench.ledger, one.accountId, { token: crypto.randomUUID(), lastsMs: 1_000 }),
      ).toBe(false);
      await until(() => held.back === calls.length - 1, { describe: 'all others are held back' });
      await bench.control.release('probe');
      const results = await settled;
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await bench.control.journal()).slice(before)).toHaveLength(1);
      expect(await isOpen(bench, one)).toBe(false);
      expect([...one.logged, ...two.logged].map(({ event }) => event)).toEqual([
        'provider_breaker_opened',
        'provider_breaker_closed',
      ]);
      await bench.control.clearFaults();
      expect(reasonsOf(await deleteAll([one, two], ids.slice(10)))).not.toContainEqual(expect.any(HeldBack));
    },
  );

  it('opens again for twice as long where the probe fails, and closes where it works', async () => {
    const { bench, one, ids } = await opened({ firstOpenMs: 10_000, longestOpenMs: 30_000 });
    const opens: number[] = [];
    await meet(bench, AWAY, 3);
    for (let times = 0; times < 3; times += 1) {
      await makeDue(bench);
      await deleteEach(one, ids.slice(5, 6));
      opens.push((await breakerState(bench.ledger, one.accountId))?.openMs ?? 0);
    }
    expect(opens.map((ms) => Math.round(ms / 1_000))).toEqual([20, 30, 30]);
    await makeDue(bench);
    expect(await deleteEach(one, ids.slice(5, 6))).toEqual([]);
    expect(await breakerState(bench.ledger, one.accountId)).toEqual({ reason: null, openMs: 0, probeMs: 0 });
  });

  it('a probe that tells nothing leaves the chance to the next, one that died does so when its time is over', async () => {
    const { bench, one, two, ids } = await opened();
    await makeDue(bench);
    await meet(bench, { kind: 'hang' }, 1);
    const stopping = new AbortController();
    const probe = one.provider.deleteStore(ids[5] ?? '', { ...CALL, signal: stopping.signal });
    await until(async () => (await deletes(bench)).length === 6, { describe: 'the probe is sent' });
    stopping.abort();
    await expect(probe).rejects.toThrow();
    expect(await isOpen(bench, one)).toBe(true);
    expect(await takeProbe(bench.ledger, one.accountId, { token: crypto.randomUUID(), lastsMs: 3_000 })).toBe(
      true,
    );
    expect(areHeldBack(await deleteAll([two], ids.slice(6, 7)))).toBe(true);
    await until(async () => (await deleteAll([two], ids.slice(6, 7)))[0]?.status === 'fulfilled', {
      describe: 'the time of the dead probe to pass',
    });
    expect(await isOpen(bench, one)).toBe(false);
  });

  it('late outcomes of calls sent before change nothing', async () => {
    const { bench, one, two } = await twoProcesses();
    const ids = await makeStores(bench, 7);
    await bench.control.setFault({ match: { id: ids[5] ?? '' }, fault: { kind: 'hold', name: 'good' } });
    const good = two.provider.deleteStore(ids[5] ?? '', CALL);
    await bench.control.waitForHeld('good');
    await meet(bench, AWAY, 5);
    await deleteEach(one, ids.slice(0, 5));
    await bench.control.release('good');
    await good;
    expect(await isOpen(bench, one)).toBe(true);
    expect(areHeldBack(await deleteAll([one], ids.slice(6)))).toBe(true);
  });
});

it('a ledger that is away holds back deletions only', async () => {
  const bench = await openBench();
  const ledger = { ...bench.ledger };
  const part = await limited({ ...bench, ledger }, LONG);
  const [id = ''] = await makeStores(bench, 1);
  ledger.rows = () => Promise.reject(new ServiceError('LEDGER_UNAVAILABLE'));
  await create(part);
  await expect(part.provider.deleteStore(id, CALL)).rejects.toThrow(HeldBack);
  expect(part.heldBack).toEqual(['ledger']);
});
