/** Every guarded statement against the change it guards against, with the other side held open. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { activate } from '../../ledger/queries/activate.ts';
import { closeLease } from '../../ledger/queries/close-lease.ts';
import { drainFailed } from '../../ledger/queries/drain-failed.ts';
import { drainUnhindered } from '../../ledger/queries/drain-unhindered.ts';
import { dueForWake } from '../../ledger/queries/due-for-wake.ts';
import { endLease } from '../../ledger/queries/end-lease.ts';
import { expireDue, expireDueOfSession } from '../../ledger/queries/expire-due.ts';
import { listingDone } from '../../ledger/queries/listing-done.ts';
import { nukeLeases } from '../../ledger/queries/nuke-leases.ts';
import { reacquireMany } from '../../ledger/queries/reacquire-many.ts';
import { reacquire } from '../../ledger/queries/reacquire.ts';
import { registerLease } from '../../ledger/queries/register-lease.ts';
import { renewMany } from '../../ledger/queries/renew-many.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { renewBySeconds } from '../../ledger/queries/renew-by-seconds.ts';
import { seeSession } from '../../ledger/queries/see-session.ts';
import { setProtected } from '../../ledger/queries/set-protected.ts';
import { track } from '../../ledger/queries/track.ts';
import type { Db } from '../../ledger/open.ts';
import { amongOthers, GRACE_MS, meet, openArena, TIMES } from './two-sides.ts';
import { activation } from './two-sides.ts';

const sessionId = 'abc';
const DUE = { sessionId, expiresInMs: -1 };
const paths = [{ kind: 'path' as const, entry: '/a', fileKey: null }];

/** What extends a lease; truthy when it did. */
const EXTENDERS: Readonly<Record<string, (db: Db, leaseId: string) => Promise<unknown>>> = {
  renew: (db) => renew(db, { sessionId, leaseId: null, ...TIMES }),
  'renew, fenced': (db, leaseId) => renew(db, { sessionId, leaseId, ...TIMES }),
  reacquire: (db) => reacquire(db, { sessionId, ...TIMES }),
  'renew among others': (db) =>
    amongOthers(db, { sessionId, leaseId: null, ...TIMES }, { one: renew, many: renewMany }),
  'reacquire among others': (db) =>
    amongOthers(db, { sessionId, ...TIMES }, { one: reacquire, many: reacquireMany }),
  track: (db) => track(db, { sessionId, leaseId: null, entries: paths, maxEntries: 10, ...TIMES }),
  'renew by seconds': async (db, leaseId) => (await renewBySeconds(db, leaseId, TIMES.leaseMs)) || undefined,
  protect: (db) => setProtected(db, { sessionId, protect: true, leaseMs: TIMES.leaseMs, leaseId: null }),
  unprotect: (db) => setProtected(db, { sessionId, protect: false, leaseMs: TIMES.leaseMs, leaseId: null }),
};
const EXPIRERS: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'expire, one session': (db) => expireDueOfSession(db, sessionId, GRACE_MS),
  'expire, all': async (db) => (await expireDue(db, 10, GRACE_MS))[0],
};
const ENDERS: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  ...EXPIRERS,
  release: (db) => endLease(db, { sessionId, leaseId: null, reason: 'released', force: true }),
  nuke: async (db) => (await nukeLeases(db, true, 10))[0],
};
const extendersBy = (others: object) =>
  Object.keys(EXTENDERS).flatMap((extender) =>
    Object.keys(others).map((other) => [extender, other] as const),
  );
const of = <T>(table: Readonly<Record<string, T>>, name: string): T => {
  const found = table[name];
  if (found === undefined) throw new Error(name);
  return found;
};

describe('a lease past its deadline, extended and ended at once', () => {
  it.each(extendersBy(EXPIRERS))(
    '%s came first: "%s" waits and leaves it alone',
    async (extender, expirer) => {
      const arena = await openArena();
      const leaseId = await arena.seed(DUE);
      const { value } = await meet(arena, {
        a: async (db) => expect(await of(EXTENDERS, extender)(db, leaseId)).toBeTruthy(),
        b: () => of(EXPIRERS, expirer)(arena.ledger),
        end: 'COMMIT',
      });
      expect(value).toBeUndefined();
      const now = await arena.state(leaseId);
      expect(now.state).toBe('active');
      if (extender === 'protect') expect(now).toMatchObject({ protected: true, left_ms: null });
      else expect(now.left_ms).toBeGreaterThan(TIMES.leaseMs - 5_000);
    },
  );

  it.each(extendersBy(EXPIRERS))('%s rolled back: "%s" ends it', async (extender, expirer) => {
    const arena = await openArena();
    const leaseId = await arena.seed(DUE);
    const { value } = await meet(arena, {
      a: (db) => of(EXTENDERS, extender)(db, leaseId),
      b: () => of(EXPIRERS, expirer)(arena.ledger),
      end: 'ROLLBACK',
    });
    expect(value).toMatchObject({ leaseId });
    expect(await arena.state(leaseId)).toMatchObject({
      state: 'draining',
      end_reason: 'expired',
      unseen: true,
    });
  });

  it.each(extendersBy(ENDERS))('%s waits for "%s" and finds nothing', async (extender, ender) => {
    const arena = await openArena();
    const leaseId = await arena.seed(DUE);
    const { value } = await meet(arena, {
      a: async (db) => expect(await of(ENDERS, ender)(db)).toBeTruthy(),
      b: () => of(EXTENDERS, extender)(arena.ledger, leaseId),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
    expect(await arena.state(leaseId)).toMatchObject({ state: 'draining', entry_count: 0 });
  });

  it.each(extendersBy(EXPIRERS))(
    '%s waits for "%s", which rolls back: extended',
    async (extender, expirer) => {
      const arena = await openArena();
      const leaseId = await arena.seed(DUE);
      const { value } = await meet(arena, {
        a: (db) => of(EXPIRERS, expirer)(db),
        b: () => of(EXTENDERS, extender)(arena.ledger, leaseId),
        end: 'ROLLBACK',
      });
      expect(value).toBeTruthy();
      expect((await arena.state(leaseId)).state).toBe('active');
    },
  );

  it.each(['release', 'nuke'])('%s waits for a renewal and ends the lease none the less', async (ender) => {
    const arena = await openArena();
    const leaseId = await arena.seed(DUE);
    const { value } = await meet(arena, {
      a: (db) => renew(db, { sessionId, leaseId: null, ...TIMES }),
      b: () => of(ENDERS, ender)(arena.ledger),
      end: 'COMMIT',
    });
    expect(value).toMatchObject({ leaseId });
    expect((await arena.state(leaseId)).state).toBe('draining');
  });
});

describe('release', () => {
  it('does not end a lease that became protected while it waited', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId });
    const { value } = await meet(arena, {
      a: (db) => setProtected(db, { sessionId, protect: true, leaseMs: 1, leaseId: null }),
      b: () => endLease(arena.ledger, { sessionId, leaseId: null, reason: 'released', force: false }),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
    expect((await arena.state(leaseId)).state).toBe('active');
  });

  it.each([true, false])('ends no lease that is later than the one it met (fenced: %s)', async (fenced) => {
    const arena = await openArena();
    const first = await arena.seed(DUE);
    const second = randomUUID();
    const { value } = await meet(arena, {
      a: async (db) => {
        await expireDueOfSession(db, sessionId, GRACE_MS);
        const lease = { leaseId: second, sessionId, accountId: arena.accountId, storeId: 'vs_2' };
        await registerLease(db, { ...lease, protect: false, leaseMs: 60_000 });
      },
      b: () =>
        endLease(arena.ledger, {
          sessionId,
          leaseId: fenced ? first : null,
          reason: 'released',
          force: true,
        }),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
    expect((await arena.state(first)).state).toBe('draining');
    expect((await arena.state(second)).state).toBe('active');
  });

  it('of a claim that activates meanwhile ends the active lease, which is certain', async () => {
    const arena = await openArena();
    const token = randomUUID();
    const leaseId = await arena.seed({ sessionId, state: 'provisioning', token });
    const { value } = await meet(arena, {
      a: (db) => activate(db, activation(leaseId, token)),
      b: () => endLease(arena.ledger, { sessionId, leaseId: null, reason: 'released', force: false }),
      end: 'COMMIT',
    });
    expect(value).toMatchObject({ leaseId, vectorStoreId: 'vs_1', stateBefore: 'active' });
    expect(await arena.sql('SELECT uncertain FROM lease')).toEqual([{ uncertain: false }]);
  });
});

describe('a drain', () => {
  it('a close that was faster leaves nothing to record', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId, state: 'draining' });
    await arena.sql(`UPDATE store SET state = 'deleted'`);
    const part = 'stores' as const;
    const failure = { leaseId, part, error: 'late', waitMs: 1, stuckNow: true, stuckAfterMs: 1 };
    const lateOnes: ((db: Db) => Promise<unknown>)[] = [
      (db) => drainFailed(db, failure),
      (db) => drainUnhindered(db, { leaseId, part, waitMs: 1, waitsFor: 'nothing' }),
    ];
    for (const late of lateOnes) {
      await arena.sql(`UPDATE lease SET state = 'draining'`);
      await meet(arena, {
        a: async (db) => expect(await closeLease(db, leaseId, 3)).toMatchObject({ sessionId }),
        b: () => late(arena.ledger),
        end: 'COMMIT',
      });
      expect(await arena.sql('SELECT state, stuck_at, next_try_at FROM lease')).toEqual([
        { state: 'closed', stuck_at: null, next_try_at: null },
      ]);
    }
  });

  it('of two listings at once only one counts', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId, state: 'draining', uncertain: true });
    const listing = { empty: true, gapMs: 60_000 };
    await meet(arena, {
      a: (db) => listingDone(db, leaseId, listing),
      b: () => listingDone(arena.ledger, leaseId, listing),
      end: 'COMMIT',
    });
    expect(await arena.sql('SELECT empty_listings FROM lease')).toEqual([{ empty_listings: 1 }]);
  });
});

describe('what the workflow has seen', () => {
  it('a look that waited for a release sees its outcome', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId });
    const { value } = await meet(arena, {
      a: (db) => endLease(db, { sessionId, leaseId: null, reason: 'released', force: false }),
      b: () => seeSession(arena.ledger, sessionId, GRACE_MS),
      end: 'COMMIT',
    });
    expect(value).toMatchObject([{ leaseId, state: 'draining' }]);
    expect((await arena.state(leaseId)).unseen).toBe(false);
  });

  it('a release that waited for a look is unseen', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId });
    await meet(arena, {
      a: (db) => seeSession(db, sessionId, GRACE_MS),
      b: () => endLease(arena.ledger, { sessionId, leaseId: null, reason: 'released', force: false }),
      end: 'COMMIT',
    });
    expect((await arena.state(leaseId)).unseen).toBe(true);
  });

  it('the outbox passes over a locked row instead of waiting for it', async () => {
    const arena = await openArena();
    await arena.seed({ sessionId: 'locked' });
    await arena.seed({ sessionId: 'free' });
    await arena.sql('UPDATE lease SET wake_at = clock_timestamp()');
    await arena.ledger.transaction(async (db) => {
      await renew(db, { sessionId: 'locked', leaseId: null, ...TIMES });
      expect(await dueForWake(arena.ledger, 10)).toEqual(['free']);
    });
    expect(await dueForWake(arena.ledger, 10)).toEqual(['locked']);
    expect(await dueForWake(arena.ledger, 10)).toEqual([]);
  });
});
