/** Paused deletions: nothing is sent, nothing gets stuck, and everything goes on afterwards. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  checkCluster,
  deletionsPaused,
  deletionsStatus,
  pauseDeletions,
  resumeDeletions,
} from '../../leases/index.ts';
import { takeBack } from '../../leases/take-back.ts';
import { closeLease } from '../../ledger/queries/close-lease.ts';
import { resumeDeletions as resumeStatement } from '../../ledger/queries/control-deletions.ts';
import { drainPaused, wakePaused } from '../../ledger/queries/drain-paused.ts';
import { readNotices } from '../../ledger/index.ts';
import { acquireOf, ask, CONTEXT, ledgerOn, openBench, trackOf, type Bench } from './kit.ts';
import { meet, openArena } from './two-sides.ts';

const WISH = { by: 'alice', reason: 'the key leaked' };
const deletes = async (bench: Bench) =>
  (await bench.control.journal()).filter((entry) => entry.operation.startsWith('delete_')).length;

/** An ended lease with a store and a file. */
async function ended(bench: Bench, sessionId = 'abc'): Promise<string> {
  const { leaseId } = await bench.leases.acquire(acquireOf(sessionId));
  await bench.leases.track(trackOf(sessionId, ['file-unknown']));
  await bench.leases.release({ ...ask(sessionId), force: false });
  return leaseId;
}
const pass = async (bench: Bench, leaseId: string) => [
  await bench.keeper.deleteFiles(leaseId, CONTEXT),
  await bench.keeper.deleteStore(leaseId, CONTEXT),
];

describe('a pause', () => {
  it('holds back every delete, makes nothing stuck, says why, and ends with the resume', async () => {
    const bench = await openBench({ stuckAfterMs: 1 });
    const leaseId = await ended(bench);
    expect(await pauseDeletions(bench.ledger, WISH)).toMatchObject(WISH);
    for (let round = 0; round < 3; round += 1) {
      for (const outcome of await pass(bench, leaseId)) {
        expect(outcome).toEqual({ closed: false, waitMs: 300_000 });
      }
    }
    expect(await deletes(bench)).toBe(0);
    expect(await bench.leases.get('abc')).toMatchObject({
      state: 'draining',
      stuck: null,
      waitsFor: 'deletions are paused',
    });
    expect(await bench.sql('SELECT lease.failing_since, file.deleted_at FROM lease, file')).toEqual([
      { failing_since: null, deleted_at: null },
    ]);
    await bench.sql('UPDATE lease SET seen_version = wanted_version');
    expect(await resumeDeletions(bench.ledger)).toBe(1);
    expect(
      await bench.sql('SELECT wake_at <= now() AS due, seen_version < wanted_version AS unseen FROM lease'),
    ).toEqual([{ due: true, unseen: true }]);
    const { draining } = await bench.keeper.reconcile('abc', bench.deps.settings.instanceId);
    expect(draining).toMatchObject([{ waitMs: 0, waitsFor: null }]);
    await pass(bench, leaseId);
    expect(await deletes(bench)).toBe(2);
  });

  it('that comes in the middle of a pass holds back the rest of it', async () => {
    const bench = await openBench({ fileConcurrency: 1 });
    const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
    await bench.leases.track(trackOf('abc', ['file-1', 'file-2', 'file-3']));
    await bench.leases.release({ ...ask('abc'), force: false });
    await bench.control.setFault({
      match: { operation: 'delete_file' },
      fault: { kind: 'hold', name: 'first' },
    });
    const files = bench.keeper.deleteFiles(leaseId, CONTEXT);
    await bench.control.waitForHeld('first');
    await pauseDeletions(bench.ledger, WISH);
    await bench.control.release('first');
    expect(await files).toEqual({ closed: false, waitMs: 300_000 });
    expect(await deletes(bench)).toBe(1);
    expect((await bench.leases.get('abc')).waitsFor).toBe('deletions are paused');
  });

  it('leaves the store of a lost claim to the drain', async () => {
    const bench = await openBench();
    const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
    const claim = { leaseId, sessionId: 'abc', token: randomUUID(), protect: false, sendBefore: Infinity };
    const store = await bench.deps.provider.createStore(
      { name: 'lost', metadata: {}, expiresAfterDays: null },
      { deadlineMs: 1_000 },
    );
    await pauseDeletions(bench.ledger, WISH);
    await takeBack(bench.deps, claim, store);
    expect(await deletes(bench)).toBe(0);
    expect(await bench.sql('SELECT lease_id, state FROM store WHERE store_id = $1', [store.id])).toEqual([
      { lease_id: leaseId, state: 'deleting' },
    ]);
  });

  it('starts the time anew after which what fails is stuck; what is stuck stays so', async () => {
    const bench = await openBench();
    const leaseId = await ended(bench);
    await bench.control.setFault({ times: 0, fault: { kind: 'status', status: 500 } });
    await pass(bench, leaseId);
    await bench.sql(
      `UPDATE lease SET failing_since = failing_since - interval '11 min', files_failing_since = NULL`,
    );
    await pauseDeletions(bench.ledger, WISH);
    await pass(bench, leaseId);
    await resumeDeletions(bench.ledger);
    await pass(bench, leaseId);
    expect((await bench.leases.get('abc')).stuck).toBeNull();
    await bench.sql(`UPDATE lease SET failing_since = failing_since - interval '11 min'`);
    await pass(bench, leaseId);
    expect((await bench.leases.get('abc')).stuck).not.toBeNull();
    await pauseDeletions(bench.ledger, WISH);
    await pass(bench, leaseId);
    expect((await bench.leases.get('abc')).stuck).not.toBeNull();
  });

  it('lets acquire, renew and letting go through', async () => {
    const bench = await openBench();
    await pauseDeletions(bench.ledger, WISH);
    await bench.leases.acquire(acquireOf('live'));
    await bench.leases.renew(ask('live'));
    const registration = { sessionId: 'guest', vectorStoreId: 'vs_guest', protect: true, requestId: 'r' };
    await bench.leases.register(registration);
    await bench.sql(`UPDATE lease SET state = 'draining', let_go = true, end_reason = 'nuked', ended_at = now(),
      protected = false, expires_at = now() WHERE session_id = 'guest'`);
    const { leaseId } = await bench.leases.get('guest');
    expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
  });

  it('that is given twice keeps who was first', async () => {
    const { ledger } = await openBench();
    const first = await pauseDeletions(ledger, WISH);
    expect(await pauseDeletions(ledger, { by: 'bob', reason: 'me too' })).toEqual(first);
    await resumeDeletions(ledger);
    expect(await deletionsPaused(ledger)).toBeUndefined();
  });
});

describe('a resume and a pass at once', () => {
  it('resume was faster: nothing is recorded that nobody would wake', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', state: 'draining' });
    await pauseDeletions(arena.ledger, WISH);
    const { value } = await meet(arena, {
      a: (db) => resumeStatement(db, undefined),
      b: () => drainPaused(arena.ledger, leaseId, 300_000),
      end: 'COMMIT',
    });
    expect(value).toBe(false);
    expect(await arena.sql('SELECT waits_for, next_try_at FROM lease')).toEqual([
      { waits_for: null, next_try_at: null },
    ]);
  });

  it('the pass was faster: resume waits for it and wakes its lease', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', state: 'draining' });
    await pauseDeletions(arena.ledger, WISH);
    const { value } = await meet(arena, {
      a: (db) => drainPaused(db, leaseId, 300_000),
      b: () => resumeDeletions(arena.ledger),
      end: 'COMMIT',
    });
    expect(value).toBe(1);
  });

  it('a close that was faster leaves nothing to record or to wake', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', state: 'draining' });
    await arena.sql(`UPDATE store SET state = 'deleted'`);
    await pauseDeletions(arena.ledger, WISH);
    const { value } = await meet(arena, {
      a: (db) => closeLease(db, leaseId, 3),
      b: () => drainPaused(arena.ledger, leaseId, 1),
      end: 'COMMIT',
    });
    expect(value).toBe(false);
    expect(await wakePaused(arena.ledger, 10)).toBe(0);
  });
});

describe('the ledger on another cluster', () => {
  const move = (bench: Bench) => bench.sql(`UPDATE deletion_control SET system_identifier = '1'`);

  it('suspends deletions until somebody says that this is the one', async () => {
    const bench = await openBench();
    const { log } = bench.deps;
    await checkCluster(bench.ledger, log);
    expect(await deletionsStatus(bench.ledger)).toEqual({ pause: undefined, sameCluster: true });
    await move(bench);
    await checkCluster(bench.ledger, log);
    await checkCluster(bench.ledger, log);
    const suspended = { pause: { reason: 'another cluster' }, sameCluster: false };
    expect(await deletionsStatus(bench.ledger)).toMatchObject(suspended);
    expect(bench.logged.filter(({ event }) => event === 'deletions_paused')).toHaveLength(1);
    await resumeDeletions(bench.ledger);
    await checkCluster(bench.ledger, log);
    expect(await deletionsStatus(bench.ledger)).toEqual({ pause: undefined, sameCluster: true });
  });

  it('leaves an operator’s pause as it is, and status tells of the cluster', async () => {
    const bench = await openBench();
    await checkCluster(bench.ledger, bench.deps.log);
    await pauseDeletions(bench.ledger, WISH);
    await move(bench);
    await checkCluster(bench.ledger, bench.deps.log);
    expect(await deletionsStatus(bench.ledger)).toMatchObject({ pause: WISH, sameCluster: false });
  });

  it('goes on where PostgreSQL does not tell, and says so', async () => {
    const bench = await openBench();
    const role = `plain_${randomUUID().slice(0, 8)}`;
    await bench.sql(`CREATE ROLE ${role}`);
    await bench.sql('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
    await bench.sql(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    const managed = ledgerOn(`${bench.databaseUrl}?options=${encodeURIComponent(`-c role=${role}`)}`);
    await checkCluster(managed, bench.deps.log);
    expect(await readNotices(bench.ledger, 60_000)).toMatchObject([{ kind: 'cluster_unknown' }]);
    expect(await deletionsStatus(managed)).toEqual({ pause: undefined, sameCluster: undefined });
  });
});
