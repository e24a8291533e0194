/** Statements that answer several calls at once: the same answers as one by one, and nobody waits for another. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Db } from '../../ledger/index.ts';
import { BUSY } from '../../ledger/together.ts';
import { reacquireMany } from '../../ledger/queries/reacquire-many.ts';
import { reacquire } from '../../ledger/queries/reacquire.ts';
import { renewMany } from '../../ledger/queries/renew-many.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { trackKnownMany } from '../../ledger/queries/track-known-many.ts';
import { trackKnown } from '../../ledger/queries/track-known.ts';
import { track } from '../../ledger/queries/track.ts';
import { createOften } from '../../leases/often.ts';
import { dbOn, openArena, openClient, TIMES, type Arena } from './two-sides.ts';

const OTHER_LEASE = randomUUID();
const term = (sessionId: string, leaseId?: string) => ({ sessionId, leaseId: leaseId ?? null, ...TIMES });
const paths = (...entries: string[]) =>
  entries.map((entry) => ({ kind: 'path' as const, entry, fileKey: null }));

/** Answers with the times that differ from run to run left out. */
const timeless = (answers: readonly unknown[]) =>
  answers.map((answer) =>
    typeof answer === 'object' && answer !== null
      ? { ...answer, leftMs: Math.round(((answer as { leftMs: number | null }).leftMs ?? -1e9) / 10_000) }
      : answer,
  );

/** One lease of every kind that a call can meet. */
async function seedAll(arena: Arena): Promise<ReadonlyMap<string, string>> {
  const leases = new Map<string, string>();
  const add = async (sessionId: string, seed: object) => {
    leases.set(sessionId, await arena.seed({ sessionId, ...seed }));
  };
  await add('fresh', { expiresInMs: 700_000 });
  await add('stale', { expiresInMs: 60_000 });
  await add('due', { expiresInMs: -60_000 });
  await add('protected', { expiresInMs: null });
  await add('draining', { state: 'draining' });
  await add('claimed', { state: 'provisioning' });
  await add('Grüße "\\ {}, null', { expiresInMs: 60_000 });
  for (const sessionId of ['fresh', 'stale', 'due']) {
    await track(arena.ledger, { ...term(sessionId), entries: paths('/b', '/a "x"'), maxEntries: 9 });
  }
  await arena.sql(
    `UPDATE lease SET expires_at = clock_timestamp() + interval '1 min' WHERE session_id = 'stale'`,
  );
  await arena.sql(
    `UPDATE lease SET expires_at = clock_timestamp() - interval '1 min' WHERE session_id = 'due'`,
  );
  return leases;
}

const SESSIONS = [
  'fresh',
  'nobody',
  'stale',
  'due',
  'protected',
  'draining',
  'claimed',
  'Grüße "\\ {}, null',
];

/** Both ways on the same rows: what was changed by the first is rolled back before the second. */
async function bothWays(
  arena: Arena,
  one: (db: Db) => Promise<readonly unknown[]>,
  many: (db: Db) => Promise<readonly unknown[]>,
) {
  const client = await openClient(arena.databaseUrl, 'side-b');
  const undone = async (work: (db: Db) => Promise<readonly unknown[]>) => {
    await client.query('BEGIN');
    const answers = await work(dbOn(client));
    await client.query('ROLLBACK');
    return answers;
  };
  return { one: timeless(await undone(one)), many: timeless(await undone(many)) };
}

async function inTurn<T>(calls: readonly (() => Promise<T>)[]): Promise<T[]> {
  const answers: T[] = [];
  for (const call of calls) answers.push(await call());
  return answers;
}

describe('many at once answer as one by one', () => {
  it('renew', async () => {
    const arena = await openArena();
    const leases = await seedAll(arena);
    const asked = [
      ...SESSIONS.map((id) => term(id)),
      term('fresh', leases.get('fresh')),
      term('fresh', OTHER_LEASE),
      term('stale', OTHER_LEASE),
    ];
    const { one, many } = await bothWays(
      arena,
      (db) => inTurn(asked.map((input) => () => renew(db, input))),
      (db) => renewMany(db, asked),
    );
    expect(many).toEqual(one);
    expect(many[1]).toBeUndefined();
    expect(many[0]).toMatchObject({ leaseId: leases.get('fresh'), written: false });
    expect(many[2]).toMatchObject({ leaseId: leases.get('stale'), written: true, leftMs: 63 });
    expect(many[4]).toMatchObject({ leaseId: leases.get('protected'), leftMs: -1e5 });
  });

  it('reacquire', async () => {
    const arena = await openArena();
    const leases = await seedAll(arena);
    const asked = SESSIONS.map((sessionId) => ({ sessionId, ...TIMES }));
    const { one, many } = await bothWays(
      arena,
      (db) => inTurn(asked.map((input) => () => reacquire(db, input))),
      (db) => reacquireMany(db, asked),
    );
    expect(many).toEqual(one);
    expect(many[2]).toMatchObject({
      leaseId: leases.get('stale'),
      written: true,
      filePaths: ['/b', '/a "x"'],
    });
  });

  it('track what is known', async () => {
    const arena = await openArena();
    const leases = await seedAll(arena);
    const lists = [[], ['/b'], ['/a "x"', '/b'], ['/b', '/c']];
    const asked = SESSIONS.flatMap((id) =>
      lists.map((filePaths) => ({ ...term(id), fileIds: [], filePaths })),
    ).concat([
      { ...term('fresh'), fileIds: ['/b'] as never[], filePaths: [] },
      { ...term('fresh', OTHER_LEASE), fileIds: [], filePaths: ['/b'] },
    ]);
    const { one, many } = await bothWays(
      arena,
      (db) => inTurn(asked.map((input) => () => trackKnown(db, input))),
      (db) => trackKnownMany(db, asked),
    );
    expect(many).toEqual(one);
    expect(many[2]).toMatchObject({ leaseId: leases.get('fresh'), fresh: true });
    expect(many[3]).toBeUndefined();
  });

  it('two calls about one lease in one statement are both renewed', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', expiresInMs: 60_000 });
    const answers = await renewMany(arena.ledger, [term('abc'), term('abc', leaseId)]);
    expect(timeless(answers)).toEqual([
      { leaseId, written: true, leftMs: 63 },
      { leaseId, written: true, leftMs: 63 },
    ]);
    expect((await arena.state(leaseId)).left_ms).toBeGreaterThan(TIMES.leaseMs);
  });
});

describe('a row in other hands', () => {
  it.each(['renew', 'reacquire'] as const)(
    '%s: is left to a call of its own; the others are answered meanwhile',
    async (verb) => {
      const arena = await openArena();
      const locked = await arena.seed({ sessionId: 'locked', expiresInMs: 60_000 });
      const free = await arena.seed({ sessionId: 'free', expiresInMs: 60_000 });
      const often = createOften(arena.ledger);
      let waiting: Promise<unknown> | undefined;
      await arena.ledger.transaction(async (db) => {
        await db.rows({ name: '', text: 'SELECT FROM lease WHERE lease_id = $1 FOR UPDATE' }, [locked]);
        const direct = verb === 'renew' ? renewMany : reacquireMany;
        expect((await direct(arena.ledger, [term('locked'), term('free')]))[0]).toBe(BUSY);
        await arena.sql(`UPDATE lease SET expires_at = clock_timestamp() + interval '1 min'
          WHERE session_id = 'free'`);
        waiting = often[verb](term('locked'));
        expect(await often[verb](term('free'))).toMatchObject({ leaseId: free, written: true });
        expect((await arena.state(locked)).left_ms).toBeLessThan(60_000);
      });
      expect(await waiting).toMatchObject({ leaseId: locked, written: true });
      expect((await arena.state(locked)).left_ms).toBeGreaterThan(TIMES.leaseMs);
    },
  );
});
