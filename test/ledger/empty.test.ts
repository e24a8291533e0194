/** Emptying an installation: what is released, what is spared, what is left. */
import { expect, it } from 'vitest';
import { howFar, pauseDeletions, releaseAll, theRest } from '../../leases/index.ts';
import { releaseLeases } from '../../ledger/queries/release-leases.ts';
import { setProtected } from '../../ledger/queries/set-protected.ts';
import { acquireOf, CONTEXT, openBench, type Bench } from './kit.ts';
import { meet, openArena, TIMES } from './two-sides.ts';

const MILD = { protectedToo: false, registered: false };
const register = (bench: Bench, sessionId: string, protect: boolean) =>
  bench.leases.register({ sessionId, vectorStoreId: `vs_of_${sessionId}`, protect, requestId: 'test' });

it('releases all but protected leases, and lets registered stores go', async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('plain'));
  await bench.leases.acquire(acquireOf('safe', true));
  await register(bench, 'guest', false);
  await register(bench, 'safe guest', true);
  expect(await releaseAll(bench.ledger, MILD)).toBe(2);
  expect(await howFar(bench.ledger)).toEqual({ live: 0, protected: 2, draining: 2, stuck: 0 });
  expect((await theRest(bench.ledger)).map((lease) => lease.sessionId).toSorted()).toEqual([
    'guest',
    'plain',
  ]);
  expect(
    await bench.sql(
      'SELECT session_id, let_go, wake_at <= clock_timestamp() AS due FROM lease WHERE ended_at IS NOT NULL ORDER BY 1',
    ),
  ).toEqual([
    { session_id: 'guest', let_go: true, due: true },
    { session_id: 'plain', let_go: false, due: true },
  ]);
  expect(await releaseAll(bench.ledger, { protectedToo: true, registered: true })).toBe(2);
  expect((await bench.sql('SELECT let_go FROM lease WHERE session_id = $1', ['safe guest']))[0]).toEqual({
    let_go: false,
  });
  for (const { leaseId } of await theRest(bench.ledger)) await bench.keeper.deleteStore(leaseId, CONTEXT);
  expect(await howFar(bench.ledger)).toMatchObject({ live: 0, protected: 0 });
});

it('is refused while deletions are paused, and releases nothing then', async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('abc'));
  await pauseDeletions(bench.ledger, { by: 'alice', reason: 'the key leaked' });
  const refusal = { code: 'DELETIONS_PAUSED', message: expect.stringContaining('by alice: the key leaked') };
  await expect(releaseAll(bench.ledger, MILD)).rejects.toMatchObject(refusal);
  await expect(howFar(bench.ledger)).rejects.toMatchObject(refusal);
  expect(await bench.leases.get('abc')).toMatchObject({ state: 'active' });
});

it('spares a lease that was being protected when it came', async () => {
  const arena = await openArena();
  const leaseId = await arena.seed({ sessionId: 'abc' });
  const wish = { sessionId: 'abc', leaseId: null, protect: true, leaseMs: TIMES.leaseMs };
  const { value } = await meet(arena, {
    a: (db) => setProtected(db, wish),
    b: () => releaseLeases(arena.ledger, MILD, 10),
    end: 'COMMIT',
  });
  expect(value).toBe(0);
  expect(await arena.state(leaseId)).toMatchObject({ state: 'active', protected: true });
});

it('says of every lease that is left why it is', async () => {
  const bench = await openBench();
  const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
  await bench.control.setFault({ times: 0, fault: { kind: 'status', status: 403 } });
  await releaseAll(bench.ledger, MILD);
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  expect(await howFar(bench.ledger)).toEqual({ live: 0, protected: 0, draining: 0, stuck: 1 });
  expect(await theRest(bench.ledger)).toMatchObject([
    { leaseId, stuck: { attempts: 1, lastError: expect.stringContaining('403') } },
  ]);
});
