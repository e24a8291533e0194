/** The gate before the last places, with the competitor held open on a connection of its own. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { claimAtGate } from '../../ledger/queries/claim-at-gate.ts';
import { claimPlaces } from '../../ledger/queries/claim-places.ts';
import type { Db } from '../../ledger/open.ts';
import { dbOn, meet, openArena, openClient, type Arena } from './two-sides.ts';

const RULE = { storeLimit: 100, countForeign: true };

const claimOf = ({ accountId }: Arena) => ({
  leaseId: randomUUID(),
  sessionId: randomUUID(),
  accountId,
  token: randomUUID(),
  claimMs: 30_000,
  protect: false,
});
const place = (arena: Arena, storeLimit: number) => (db: Db) => {
  const { accountId, claimMs, ...claim } = claimOf(arena);
  return claimPlaces(db, { accountId, claimMs, rule: { ...RULE, storeLimit }, claims: [claim] });
};
const pass = (arena: Arena, rule = RULE) => claimAtGate(arena.ledger, claimOf(arena), rule);

async function openGate(arena: Arena): Promise<void> {
  await arena.ledger.transaction(place(arena, RULE.storeLimit));
  expect(await pass(arena)).toBe('claimed');
}

it('claims far from full do not wait for one another', async () => {
  const arena = await openArena();
  await openGate(arena);
  const a = await openClient(arena.databaseUrl, 'side-a');
  await a.query('BEGIN');
  expect(await claimAtGate(dbOn(a), claimOf(arena), RULE)).toBe('claimed');
  expect(await pass(arena)).toBe('claimed');
  await a.query('COMMIT');
});

it.each(['COMMIT', 'ROLLBACK'] as const)(
  'a count waits for the claim that is passing and sees it: %s',
  async (end) => {
    const arena = await openArena();
    await openGate(arena);
    // Two places are taken, the third is the one in passing.
    const { value } = await meet(arena, {
      a: async (db) => expect(await claimAtGate(db, claimOf(arena), RULE)).toBe('claimed'),
      b: () => arena.ledger.transaction(place(arena, 3)),
      end,
    });
    expect(value).toMatchObject({ leaseIds: end === 'COMMIT' ? [] : [expect.any(String)], full: true });
    expect(await arena.sql('SELECT FROM lease')).toHaveLength(3);
  },
);

it.each([
  ['COMMIT', 'shut'],
  ['ROLLBACK', 'claimed'],
] as const)('a claim that waited for a count obeys what it wrote: %s, %s', async (end, outcome) => {
  const arena = await openArena();
  await openGate(arena);
  const { value } = await meet(arena, {
    // Nearly full by another process's setting: the gate stays shut.
    a: place(arena, 4),
    b: () => pass(arena),
    end,
  });
  expect(value).toBe(outcome);
});

it.each([
  ['COMMIT', 0, 0],
  ['ROLLBACK', 0, 1],
  ['COMMIT', 2, 0],
  ['ROLLBACK', 2, 1],
] as const)(
  'of two counts the second waits and finds the last place taken: %s, %s places taken before, %s got',
  async (end, before, got) => {
    const arena = await openArena();
    // Without one before, there is no row of the gate to lock yet.
    if (before > 0) await openGate(arena);
    const { value } = await meet(arena, {
      a: place(arena, before + 1),
      b: () => arena.ledger.transaction(place(arena, before + 1)),
      end,
    });
    expect(value.leaseIds).toHaveLength(got);
    expect(value.full).toBe(true);
    expect(await arena.sql('SELECT FROM lease')).toHaveLength(before + 1);
  },
);

it('one count gives out the places in turn, and none to a session that has a lease', async () => {
  const arena = await openArena();
  await arena.seed({ sessionId: 'has one' });
  const claims = ['has one', 'first', 'second', 'third'].map((sessionId) => ({
    ...claimOf(arena),
    sessionId,
  }));
  const rule = { ...RULE, storeLimit: 3 };
  const { accountId } = arena;
  const placed = await arena.ledger.transaction((db) =>
    claimPlaces(db, { accountId, claimMs: 30_000, rule, claims }),
  );
  expect(placed.full).toBe(true);
  expect(new Set(placed.leaseIds)).toEqual(new Set([claims[1]?.leaseId, claims[2]?.leaseId]));
});

it.each([
  ['another limit', { ...RULE, storeLimit: 90 }, 'SELECT 1'],
  ['foreign stores that do not count', { ...RULE, countForeign: false }, 'SELECT 1'],
  ['an old count', RULE, "UPDATE capacity_gate SET counted_at = now() - interval '6 min'"],
  ['all tickets drawn', RULE, "SELECT setval('claim_ticket', (SELECT open_until FROM capacity_gate))"],
])('is shut after %s', async (_what, rule, change) => {
  const arena = await openArena();
  await openGate(arena);
  await arena.sql(change);
  expect(await pass(arena, rule)).toBe('shut');
  expect(await arena.sql('SELECT FROM lease')).toHaveLength(2);
});

it('lets half of the free places pass without a count, and none where few are free', async () => {
  const arena = await openArena();
  for (const [limit, passing] of [
    [42, 20],
    [22, 0],
  ] as const) {
    const rule = { ...RULE, storeLimit: limit };
    await arena.ledger.transaction(place(arena, limit));
    let passed = 0;
    while ((await claimAtGate(arena.ledger, claimOf(arena), rule)) === 'claimed') passed += 1;
    expect(passed).toBe(passing);
  }
});
