/** Claims, their take-over and the stores they hold, each with the competitor held open. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { activate } from '../../ledger/queries/activate.ts';
import { claim } from '../../ledger/queries/claim.ts';
import { failClaim } from '../../ledger/queries/fail-claim.ts';
import { giveUpClaim } from '../../ledger/queries/give-up-claim.ts';
import { holdStore } from '../../ledger/queries/hold-store.ts';
import { markUncertain } from '../../ledger/queries/mark-uncertain.ts';
import { registerLease } from '../../ledger/queries/register-lease.ts';
import { takeOverClaim } from '../../ledger/queries/take-over-claim.ts';
import type { Db } from '../../ledger/open.ts';
import { activation, BASE_URL, meet, openArena, PROVIDER } from './two-sides.ts';

const sessionId = 'abc';

describe('a claim', () => {
  const claimOf = (accountId: number, leaseId = randomUUID()) => ({
    leaseId,
    sessionId,
    accountId,
    token: randomUUID(),
    claimMs: 30_000,
    protect: false,
  });
  const ABANDONED = { sessionId, state: 'provisioning', claimEndsInMs: -1 } as const;

  it.each([
    ['COMMIT', false],
    ['ROLLBACK', true],
  ] as const)('waits for another claim of the session: %s, claimed: %s', async (end, claimed) => {
    const arena = await openArena();
    const { value } = await meet(arena, {
      a: (db) => claim(db, claimOf(arena.accountId)),
      b: () => claim(arena.ledger, claimOf(arena.accountId)),
      end,
    });
    expect(value).toBe(claimed);
    expect(await arena.sql('SELECT FROM lease')).toHaveLength(1);
  });

  it.each(['COMMIT', 'ROLLBACK'] as const)('activate waits for a take-over: %s', async (end) => {
    const arena = await openArena();
    const token = randomUUID();
    const leaseId = await arena.seed({ ...ABANDONED, token });
    const { value } = await meet(arena, {
      a: async (db) =>
        expect(await takeOverClaim(db, { leaseId, token: randomUUID(), claimMs: 1_000 })).toBeTruthy(),
      b: () => activate(arena.ledger, activation(leaseId, token)),
      end,
    });
    if (end === 'COMMIT') expect(value).toBeUndefined();
    else expect(value).toMatchObject({ protected: false });
    expect(await arena.sql('SELECT FROM store')).toHaveLength(end === 'COMMIT' ? 0 : 1);
  });

  it.each(['COMMIT', 'ROLLBACK'] as const)('a take-over waits for activate: %s', async (end) => {
    const arena = await openArena();
    const token = randomUUID();
    const leaseId = await arena.seed({ ...ABANDONED, token });
    const { value } = await meet(arena, {
      a: async (db) => expect(await activate(db, activation(leaseId, token))).toBeTruthy(),
      b: () => takeOverClaim(arena.ledger, { leaseId, token: randomUUID(), claimMs: 1_000 }),
      end,
    });
    if (end === 'COMMIT') expect(value).toBeUndefined();
    else expect(value).toMatchObject({ leaseId });
    expect((await arena.state(leaseId)).state).toBe(end === 'COMMIT' ? 'active' : 'provisioning');
  });

  it('of two take-overs one wins', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ ...ABANDONED, token: randomUUID() });
    const { value } = await meet(arena, {
      a: (db) => takeOverClaim(db, { leaseId, token: randomUUID(), claimMs: 60_000 }),
      b: () => takeOverClaim(arena.ledger, { leaseId, token: randomUUID(), claimMs: 60_000 }),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
  });

  it.each(['activate', 'take over'])('giving up waits for "%s" and lets go', async (other) => {
    const arena = await openArena();
    const token = randomUUID();
    const leaseId = await arena.seed({ ...ABANDONED, token });
    await arena.sql(`UPDATE lease SET created_at = created_at - interval '1 hour'`);
    const { value } = await meet(arena, {
      a: (db) =>
        other === 'activate'
          ? activate(db, activation(leaseId, token))
          : takeOverClaim(db, { leaseId, token: randomUUID(), claimMs: 60_000 }),
      b: () => giveUpClaim(arena.ledger, sessionId, { giveUpMs: 1_000, graceMs: 300_000 }),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
    expect((await arena.state(leaseId)).state).toBe(other === 'activate' ? 'active' : 'provisioning');
  });

  it('neither fails nor becomes uncertain by the word of a holder that lost it', async () => {
    for (const lateWord of ['fail', 'mark'] as const) {
      const arena = await openArena();
      const token = randomUUID();
      const leaseId = await arena.seed({ ...ABANDONED, token });
      const failure = { leaseId, token, reason: 'refused', errorCode: 'PROVIDER_REFUSED' } as const;
      const { value } = await meet(arena, {
        a: (db) => takeOverClaim(db, { leaseId, token: randomUUID(), claimMs: 60_000 }),
        b: () =>
          lateWord === 'fail'
            ? failClaim(arena.ledger, { ...failure, retryAfterSeconds: null, mayHaveMade: false })
            : markUncertain(arena.ledger, leaseId, token),
        end: 'COMMIT',
      });
      expect(value).toBe(false);
      expect((await arena.state(leaseId)).state).toBe('provisioning');
    }
  });
});

describe('a store', () => {
  const key = { provider: PROVIDER, baseUrl: BASE_URL, storeId: 'vs_1' };

  it.each(['COMMIT', 'ROLLBACK'] as const)('activate waits for a tombstone: %s', async (end) => {
    const arena = await openArena();
    const token = randomUUID();
    const leaseId = await arena.seed({ sessionId, state: 'provisioning', token });
    const other = await arena.seed({ sessionId: 'other', state: 'draining' });
    const { value } = await meet(arena, {
      a: (db) => holdStore(db, { ...key, accountId: arena.accountId, leaseId: other, state: 'deleting' }),
      b: () => activate(arena.ledger, activation(leaseId, token)),
      end,
    });
    expect(value === undefined).toBe(end === 'COMMIT');
    expect((await arena.state(leaseId)).state).toBe(end === 'COMMIT' ? 'provisioning' : 'active');
  });

  it.each(['COMMIT', 'ROLLBACK'] as const)('a tombstone waits for activate: %s', async (end) => {
    const arena = await openArena();
    const token = randomUUID();
    const leaseId = await arena.seed({ sessionId, state: 'provisioning', token });
    const other = await arena.seed({ sessionId: 'other', state: 'draining' });
    const { value } = await meet(arena, {
      a: (db) => activate(db, activation(leaseId, token)),
      b: () =>
        holdStore(arena.ledger, { ...key, accountId: arena.accountId, leaseId: other, state: 'deleting' }),
      end,
    });
    expect(value).toBe(end === 'ROLLBACK');
  });

  it.each(['COMMIT', 'ROLLBACK'] as const)('is registered by one session only: %s', async (end) => {
    const arena = await openArena();
    const register = async (db: Db, session: string) => {
      const leaseId = randomUUID();
      const lease = { leaseId, accountId: arena.accountId, storeId: 'vs_1', protect: false, leaseMs: 1_000 };
      await registerLease(db, { ...lease, sessionId: session });
      return holdStore(db, { ...key, accountId: arena.accountId, leaseId, state: 'held' });
    };
    const { value } = await meet(arena, {
      a: (db) => register(db, 'first'),
      b: () => arena.ledger.transaction((db) => register(db, 'second')),
      end,
    });
    expect(value).toBe(end === 'ROLLBACK');
  });
});
