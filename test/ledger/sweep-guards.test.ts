/** The sweep's decisions against whoever takes or ends the same thing, with the other side held open. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { activate } from '../../ledger/queries/activate.ts';
import { endLease } from '../../ledger/queries/end-lease.ts';
import { holdStore } from '../../ledger/queries/hold-store.ts';
import { loseStore } from '../../ledger/queries/lose-store.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { tombstoneOrphan } from '../../ledger/queries/tombstone-orphan.ts';
import type { Db } from '../../ledger/open.ts';
import { activation, BASE_URL, meet, openArena, PROVIDER, TIMES, type Arena } from './two-sides.ts';

const sessionId = 'abc';
const STORE = 'vs_orphan';

async function closed(arena: Arena): Promise<string> {
  const leaseId = await arena.seed({ sessionId: 'ended', state: 'draining' });
  await arena.sql(`UPDATE lease SET state = 'closed', closed_at = clock_timestamp() WHERE lease_id = $1`, [
    leaseId,
  ]);
  return leaseId;
}

const doom = (arena: Arena, leaseId: string) => async (db: Db) =>
  tombstoneOrphan(db, {
    ...{ provider: PROVIDER, baseUrl: BASE_URL, storeId: STORE },
    ...{ leaseId, accountId: arena.accountId, reason: 'orphan: test' },
  });
const hold = (arena: Arena, leaseId: string) => async (db: Db) =>
  holdStore(db, {
    ...{ provider: PROVIDER, baseUrl: BASE_URL, storeId: STORE },
    ...{ leaseId, accountId: arena.accountId, state: 'held' as const },
  });
const rowOf = async (arena: Arena) =>
  (await arena.sql<{ state: string }>('SELECT state FROM store WHERE store_id = $1', [STORE]))[0]?.state;

describe('a tombstone', () => {
  it.each([
    ['COMMIT', false, 'held'],
    ['ROLLBACK', true, 'deleting'],
  ] as const)('against a registration that ends with %s', async (end, doomed, state) => {
    const arena = await openArena();
    const orphanOf = await closed(arena);
    const other = await arena.seed({ sessionId, storeId: 'vs_other' });
    const b = () => doom(arena, orphanOf)(arena.ledger);
    expect((await meet(arena, { a: hold(arena, other), b, end })).value).toBe(doomed);
    expect(await rowOf(arena)).toBe(state);
  });

  it.each([
    ['COMMIT', false],
    ['ROLLBACK', true],
  ] as const)('holds off a registration unless it ends with %s', async (end, held) => {
    const arena = await openArena();
    const orphanOf = await closed(arena);
    const other = await arena.seed({ sessionId, storeId: 'vs_other' });
    const b = () => hold(arena, other)(arena.ledger);
    expect((await meet(arena, { a: doom(arena, orphanOf), b, end })).value).toBe(held);
  });

  it.each(['provisioning', 'draining'] as const)(
    'is not put on what a %s lease may settle',
    async (state) => {
      const arena = await openArena();
      const leaseId = await arena.seed({ sessionId, state, storeId: 'vs_other', uncertain: true });
      expect(await doom(arena, leaseId)(arena.ledger)).toBe(false);
      expect(await rowOf(arena)).toBeUndefined();
    },
  );

  it.each([
    ['COMMIT', 'provisioning'],
    ['ROLLBACK', 'active'],
  ] as const)('holds off an activation unless it is taken back (%s)', async (end, state) => {
    const arena = await openArena();
    const orphanOf = await closed(arena);
    const token = randomUUID();
    const leaseId = await arena.seed({ sessionId, state: 'provisioning', token });
    const b = () => activate(arena.ledger, activation(leaseId, token, STORE));
    const { value } = await meet(arena, { a: doom(arena, orphanOf), b, end });
    expect(value === undefined).toBe(end === 'COMMIT');
    expect((await arena.state(leaseId)).state).toBe(state);
  });

  it('is put on the second store of an active lease, and not on the one it uses', async () => {
    const arena = await openArena();
    const using = await arena.seed({ sessionId, storeId: 'vs_used' });
    expect(await doom(arena, using)(arena.ledger)).toBe(true);
    await arena.sql('DELETE FROM store');
    await arena.sql(`UPDATE lease SET vector_store_id = $1`, [STORE]);
    expect(await doom(arena, using)(arena.ledger)).toBe(false);
  });
});

describe('the end of a lease whose store is lost', () => {
  it.each([
    ['COMMIT', false, 'released'],
    ['ROLLBACK', true, 'store_lost'],
  ] as const)('against a release that ends with %s', async (end, lost, reason) => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId, storeId: STORE });
    const a = (db: Db) => endLease(db, { sessionId, leaseId: null, reason: 'released', force: true });
    const b = () => loseStore(arena.ledger, leaseId, STORE);
    expect((await meet(arena, { a, b, end })).value).toBe(lost);
    expect((await arena.state(leaseId)).end_reason).toBe(reason);
  });

  it('comes although the lease is renewed at the same time: there is nothing left to use', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId, storeId: STORE });
    const a = (db: Db) => renew(db, { sessionId, leaseId: null, ...TIMES });
    const b = () => loseStore(arena.ledger, leaseId, STORE);
    expect((await meet(arena, { a, b, end: 'COMMIT' })).value).toBe(true);
    expect(await arena.state(leaseId)).toMatchObject({ state: 'draining', unseen: true });
  });

  it('makes a renewal that waited for it find no lease', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId, storeId: STORE });
    const a = (db: Db) => loseStore(db, leaseId, STORE);
    const b = () => renew(arena.ledger, { sessionId, leaseId: null, ...TIMES });
    expect((await meet(arena, { a, b, end: 'COMMIT' })).value).toBeUndefined();
  });

  it('is not that of a lease which uses another store', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId, storeId: 'vs_used' });
    expect(await loseStore(arena.ledger, leaseId, STORE)).toBe(false);
  });
});
