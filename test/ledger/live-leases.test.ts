/** What callers do with a live lease: reuse, renew, track, register, protect, release. */
import { describe, expect, it } from 'vitest';
import { acquireOf, ask, codeOf, CONTEXT, openBench, trackOf, type Bench } from './kit.ts';

const OTHER_LEASE = '11111111-1111-4111-8111-111111111111';
const registerOf = (sessionId: string, vectorStoreId: string, protect = false) => ({
  sessionId,
  vectorStoreId,
  protect,
  requestId: 'test',
});
const setDeadline = (bench: Bench, offset: string) =>
  bench.sql(`UPDATE lease SET expires_at = clock_timestamp() + $1::interval WHERE state = 'active'`, [
    offset,
  ]);
const secondsStored = async (bench: Bench): Promise<number> => {
  const [row] = await bench.sql<{ left: number }>(
    `SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 AS left FROM lease WHERE state = 'active'`,
  );
  return row?.left ?? Number.NaN;
};

describe('the term', () => {
  it('a first acquire stores no slack, a renewal that writes does, one soon after writes nothing', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('abc'));
    expect(await secondsStored(bench)).toBeLessThanOrEqual(600);
    await bench.leases.renew(ask('abc'));
    expect(await secondsStored(bench)).toBeGreaterThan(625);
    await bench.leases.renew(ask('abc'));
    await bench.leases.acquire(acquireOf('abc'));
    await bench.leases.track(trackOf('abc', [], []));
    expect(bench.metered.filter(([name]) => name === 'renewed')).toEqual([
      ['renewed', true],
      ['renewed', false],
    ]);
  });

  it.each(['acquire', 'renew', 'track'] as const)('%s revives what has expired unnoticed', async (verb) => {
    const bench = await openBench();
    const first = await bench.leases.acquire(acquireOf('abc'));
    await setDeadline(bench, '-1 min');
    const call = {
      acquire: () => bench.leases.acquire(acquireOf('abc')),
      renew: () => bench.leases.renew(ask('abc')),
      track: () => bench.leases.track(trackOf('abc', ['file-1'])),
    }[verb];
    expect(await call()).toMatchObject({ leaseId: first.leaseId, secondsLeft: 600 });
    expect(await secondsStored(bench)).toBeGreaterThan(600);
    const view = await bench.keeper.reconcile('abc', bench.deps.settings.instanceId);
    expect(view.live).toMatchObject({ leaseId: first.leaseId });
  });

  it('noticed: renew and track are 404, an acquire gets a new lease at once', async () => {
    const bench = await openBench();
    const first = await bench.leases.acquire(acquireOf('abc'));
    await setDeadline(bench, '-1 s');
    const view = await bench.keeper.reconcile('abc', bench.deps.settings.instanceId);
    expect(view).toMatchObject({ live: null, draining: [{ leaseId: first.leaseId }] });
    expect(await codeOf(bench.leases.renew(ask('abc')))).toBe('SESSION_NOT_FOUND');
    expect(await codeOf(bench.leases.track(trackOf('abc', ['file-1'])))).toBe('SESSION_NOT_FOUND');
    const second = await bench.leases.acquire(acquireOf('abc'));
    expect(second.reused).toBe(false);
    expect(second.vectorStoreId).not.toBe(first.vectorStoreId);
  });

  it('a signal never shortens, and gives one full term at most', async () => {
    const bench = await openBench();
    const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
    const renewBy = (seconds: number | null) =>
      bench.keeper.applyCommand('abc', { kind: 'renew', leaseId, seconds });
    await renewBy(5);
    expect(await secondsStored(bench)).toBeGreaterThan(590);
    await renewBy(1e9);
    expect(await secondsStored(bench)).toBeLessThanOrEqual(600);
    await setDeadline(bench, '1 min');
    await renewBy(null);
    expect(await secondsStored(bench)).toBeGreaterThan(595);
  });

  it("another installation's workflow is refused and leaves a notice", async () => {
    const bench = await openBench();
    expect(await codeOf(bench.keeper.reconcile('abc', 'other'))).toBe('INSTANCE_MISMATCH');
    expect(await bench.sql('SELECT kind FROM notice')).toEqual([{ kind: 'INSTANCE_MISMATCH' }]);
  });
});

describe('tracking', () => {
  it('echoes in order of first tracking, counts what is new, sends on only what can be a file id', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('abc'));
    expect(
      await bench.leases.track(
        trackOf('abc', ['file-b', '../etc', 'file-a', 'file-b'], ['/p', '/p', 'file-a']),
      ),
    ).toMatchObject({ tracked: 5 });
    expect(await bench.leases.track(trackOf('abc', ['file-a', 'file-c'], ['/p']))).toMatchObject({
      tracked: 1,
    });
    expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({
      files: ['file-b', '../etc', 'file-a', 'file-c'],
      filePaths: ['/p', 'file-a'],
    });
    expect(await bench.sql('SELECT provider_file_id FROM file ORDER BY 1')).toEqual(
      ['file-a', 'file-b', 'file-c'].map((id) => ({ provider_file_id: id })),
    );
  });

  it('10 000 entries at once, up to the limit and not beyond', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('abc'));
    const ids = Array.from({ length: 10_000 }, (_, n) => `file-${n}`);
    expect(await bench.leases.track(trackOf('abc', ids))).toMatchObject({ tracked: 10_000 });
    expect(await bench.leases.track(trackOf('abc', ids))).toMatchObject({ tracked: 0 });
    await bench.sql('UPDATE lease SET entry_count = 99999');
    expect(await bench.leases.track(trackOf('abc', [], ['/last']))).toMatchObject({ tracked: 1 });
    expect(await codeOf(bench.leases.track(trackOf('abc', [], ['/one more'])))).toBe('LEASE_FULL');
    expect(await bench.leases.track(trackOf('abc', ['file-1'], ['/last']))).toMatchObject({ tracked: 0 });
    expect((await bench.leases.acquire(acquireOf('abc'))).files).toHaveLength(10_000);
  });

  it('a file being deleted is refused and nothing of the call is kept', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('abc'));
    await bench.leases.track(trackOf('abc', ['file-1']));
    await bench.leases.release({ ...ask('abc'), force: false });
    const [old] = await bench.sql<{ lease_id: string }>('SELECT lease_id FROM lease');
    await bench.keeper.deleteFiles(old?.lease_id ?? '', CONTEXT);
    await bench.leases.acquire(acquireOf('abc'));
    expect(await codeOf(bench.leases.track(trackOf('abc', ['file-2', 'file-1'], ['/p'])))).toBe(
      'FILE_BEING_DELETED',
    );
    expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({ files: [], filePaths: [] });
    expect(await bench.sql(`SELECT FROM file WHERE provider_file_id = 'file-2'`)).toEqual([]);
  });

  it('of unknown sessions, more at once than the pool has connections, is 404 and not "unavailable"', async () => {
    const bench = await openBench({}, { poolSize: 3 });
    const calls = Array.from({ length: 12 }, (_, n) =>
      codeOf(bench.leases.track(trackOf(`no ${n}`, ['file-1']))),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['SESSION_NOT_FOUND']));
  });
});

describe('the fence', () => {
  it('another lease id is refused where a lease is live, 404 where none is', async () => {
    const bench = await openBench();
    const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
    for (const wrong of [OTHER_LEASE, 'nonsense']) {
      expect(await codeOf(bench.leases.renew({ ...ask('abc'), leaseId: wrong }))).toBe('LEASE_REPLACED');
      expect(await codeOf(bench.leases.track({ ...trackOf('abc', ['file-1']), leaseId: wrong }))).toBe(
        'LEASE_REPLACED',
      );
      expect(await codeOf(bench.leases.release({ ...ask('abc'), leaseId: wrong, force: true }))).toBe(
        'LEASE_REPLACED',
      );
    }
    expect(await bench.leases.renew({ ...ask('abc'), leaseId: leaseId.toUpperCase() })).toMatchObject({
      leaseId,
    });
    await bench.leases.release({ ...ask('abc'), leaseId, force: false });
    expect(await codeOf(bench.leases.renew({ ...ask('abc'), leaseId }))).toBe('SESSION_NOT_FOUND');
    await bench.leases.acquire(acquireOf('abc'));
    expect(await codeOf(bench.leases.renew({ ...ask('abc'), leaseId }))).toBe('LEASE_REPLACED');
    expect(await codeOf(bench.leases.release({ ...ask('abc'), leaseId, force: false }))).toBe(
      'LEASE_REPLACED',
    );
  });
});

describe('release', () => {
  it('is idempotent, unknown sessions are 404, a late one from a workflow ends no later lease', async () => {
    const bench = await openBench();
    expect(await codeOf(bench.leases.release({ ...ask('abc'), force: false }))).toBe('SESSION_NOT_FOUND');
    const first = await bench.leases.acquire(acquireOf('abc'));
    await bench.leases.release({ ...ask('abc'), force: false });
    await bench.leases.release({ ...ask('abc'), force: false });
    const second = await bench.leases.acquire(acquireOf('abc'));
    await bench.keeper.applyCommand('abc', { kind: 'release', leaseId: first.leaseId, reason: 'released' });
    expect(await bench.leases.get('abc')).toMatchObject({ leaseId: second.leaseId, state: 'active' });
    expect(bench.logged.map((line) => line.event)).toContain('signal_ignored');
  });

  it('leaves a protected lease alone but by force', async () => {
    const bench = await openBench();
    const { leaseId } = await bench.leases.acquire(acquireOf('abc', true));
    expect(await codeOf(bench.leases.release({ ...ask('abc'), force: false }))).toBe('LEASE_PROTECTED');
    await bench.keeper.applyCommand('abc', { kind: 'release', leaseId, reason: 'cancelled' });
    expect(await bench.leases.get('abc')).toMatchObject({ state: 'active' });
    await bench.leases.release({ ...ask('abc'), force: true });
    expect(await bench.leases.get('abc')).toMatchObject({ state: 'draining', endReason: 'released' });
  });
});

describe('protection', () => {
  it('set by an acquire, it has no deadline and survives renew and track', async () => {
    const bench = await openBench();
    const first = await bench.leases.acquire(acquireOf('abc'));
    expect(await bench.leases.acquire(acquireOf('abc', true))).toMatchObject({
      leaseId: first.leaseId,
      secondsLeft: null,
    });
    expect(await bench.leases.renew(ask('abc'))).toMatchObject({ secondsLeft: null });
    expect(await bench.leases.track(trackOf('abc', ['file-1']))).toMatchObject({
      secondsLeft: null,
      tracked: 1,
    });
    expect(await bench.leases.get('abc')).toMatchObject({ protected: true, expiresAtMs: null });
    expect((await bench.keeper.reconcile('abc', bench.deps.settings.instanceId)).live).toMatchObject({
      protected: true,
      leftMs: null,
      expiryOutOfDate: true,
    });
  });

  it("clears and sets the provider's own expiry; taken away, it leaves a full term", async () => {
    const bench = await openBench();
    const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
    const days = async () => (await bench.control.state()).stores[0]?.expires_after_days;
    expect(await days()).toBe(7);
    await bench.leases.setProtected('abc', true);
    await bench.keeper.syncStoreExpiry(leaseId, CONTEXT);
    expect(await days()).toBeNull();
    expect(await bench.leases.setProtected('abc', false)).toMatchObject({ protected: false });
    expect(await secondsStored(bench)).toBeGreaterThan(599);
    await bench.keeper.syncStoreExpiry(leaseId, CONTEXT);
    expect(await days()).toBe(7);
    expect((await bench.keeper.reconcile('abc', bench.deps.settings.instanceId)).live).toMatchObject({
      expiryOutOfDate: false,
    });
  });

  it('taken away where there was none, it still gives the full term that the answer promises', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('abc'));
    await setDeadline(bench, '1 min');
    await bench.leases.setProtected('abc', false);
    expect(await secondsStored(bench)).toBeGreaterThan(599);
    expect(await codeOf(bench.leases.setProtected('nobody', true))).toBe('SESSION_NOT_FOUND');
  });
});

describe('register', () => {
  it('leases a foreign store, once; a session with a lease keeps its own', async () => {
    const bench = await openBench();
    expect(await bench.leases.register(registerOf('abc', 'vs_foreign', true))).toEqual({
      status: 'registered',
    });
    expect(await bench.leases.register(registerOf('abc', 'vs_else'))).toEqual({
      status: 'already_registered',
      existingStoreId: 'vs_foreign',
    });
    expect(await codeOf(bench.leases.register(registerOf('other', 'vs_foreign')))).toBe('STORE_LEASED');
    expect(await bench.sql('SELECT session_id FROM lease')).toEqual([{ session_id: 'abc' }]);
    expect(await bench.leases.get('abc')).toMatchObject({
      registered: true,
      protected: true,
      expiresAtMs: null,
    });
    expect(await bench.control.journal()).toEqual([]);
  });

  it.each(['deleting', 'deleted'])(
    'a store that is %s is refused, also to the session that had it',
    async (state) => {
      const bench = await openBench();
      const { vectorStoreId } = await bench.leases.acquire(acquireOf('abc'));
      await bench.leases.release({ ...ask('abc'), force: false });
      expect(await codeOf(bench.leases.register(registerOf('abc', vectorStoreId)))).toBe('STORE_LEASED');
      await bench.sql('UPDATE store SET state = $1', [state]);
      expect(await codeOf(bench.leases.register(registerOf('abc', vectorStoreId)))).toBe('STORE_LEASED');
      expect(await bench.sql(`SELECT FROM lease WHERE state = 'active'`)).toEqual([]);
    },
  );

  it('waits for a claim of the session as an acquire does', async () => {
    const bench = await openBench({ createDeadlineMs: 3_000 });
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'create' },
    });
    const acquired = bench.leases.acquire(acquireOf('abc'));
    await bench.control.waitForHeld('create');
    const registered = bench.leases.register(registerOf('abc', 'vs_foreign'));
    await bench.control.release('create');
    const { vectorStoreId } = await acquired;
    expect(await registered).toEqual({ status: 'already_registered', existingStoreId: vectorStoreId });
  });
});
