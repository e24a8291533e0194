/** An operator gives up what is stuck: that and nothing else, and it stays listed. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { abandonFiles } from '../../ledger/queries/abandon-files.ts';
import { abandonStores } from '../../ledger/queries/abandon-stores.ts';
import { beginForce } from '../../ledger/queries/begin-force.ts';
import { closeLease } from '../../ledger/queries/close-lease.ts';
import { doomStores } from '../../ledger/queries/doom-stores.ts';
import { drainFailed } from '../../ledger/queries/drain-failed.ts';
import { forceClose } from '../../ledger/queries/force-close.ts';
import { lockLeaseFiles } from '../../ledger/queries/lock-lease-files.ts';
import type { Db } from '../../ledger/index.ts';
import { acquireOf, ask, CONTEXT, openBench, trackOf, type Bench } from './kit.ts';
import { BASE_URL, meet, openArena, PROVIDER, type Arena } from './two-sides.ts';

const WHY = { by: 'alice', reason: 'the account is closed' };
const forceOf = (sessionId: string) => ({ sessionId, ...WHY, requestId: 'test' });

/** A lease that cannot be deleted and is stuck. */
async function stuck(bench: Bench, sessionId: string, files: string[]) {
  const { leaseId, vectorStoreId } = await bench.leases.acquire(acquireOf(sessionId));
  await bench.leases.track(trackOf(sessionId, files));
  await bench.leases.release({ ...ask(sessionId), force: false });
  await bench.control.setFault({ times: 0, fault: { kind: 'status', status: 403 } });
  await bench.keeper.deleteFiles(leaseId, CONTEXT);
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  await bench.control.clearFaults();
  return { leaseId, vectorStoreId };
}
const fileRows = (bench: Bench) =>
  bench.sql(`SELECT provider_file_id AS id, abandoned_at IS NOT NULL AS abandoned, deleted_at IS NOT NULL AS marked
    FROM file ORDER BY 1`);

describe('force', () => {
  it('gives up stores and files of the stuck lease; answer, log and session list them', async () => {
    const bench = await openBench();
    const { leaseId, vectorStoreId } = await stuck(bench, 'abc', ['file-1', 'file-2']);
    const given = { leaseId, storeIds: [vectorStoreId], fileIds: ['file-1', 'file-2'] };
    expect(await bench.leases.force(forceOf('abc'))).toEqual([{ ...given, uncertain: false }]);
    expect(await bench.leases.get('abc')).toMatchObject({
      state: 'closed',
      endReason: 'forced',
      stuck: null,
      deletedFiles: [],
      abandoned: [{ ...given, ...WHY, at: expect.any(String) }],
    });
    expect(bench.logged.filter(({ event }) => event === 'lease_forced')).toMatchObject([
      { ...WHY, lease_id: leaseId, vector_store_ids: [vectorStoreId], file_ids: ['file-1', 'file-2'] },
    ]);
    expect(bench.notified.at(-1)).toBe('abc');
    // A later lease of the session does not hide it, and both are found in the list.
    await bench.leases.acquire(acquireOf('abc'));
    expect(await bench.leases.get('abc')).toMatchObject({ state: 'active', abandoned: [{ leaseId }] });
    const page = { state: null, stuck: null, cursor: null, limit: 10 };
    const { leases } = await bench.leases.list({ ...page, abandoned: true });
    expect(leases.map((lease) => lease.leaseId)).toEqual([leaseId]);
    expect((await bench.leases.list({ ...page, abandoned: false })).leases).toHaveLength(1);
  });

  it('leaves what was given up to nobody: not deleted, not tracked, not registered, not forgotten', async () => {
    const bench = await openBench();
    const { leaseId, vectorStoreId } = await stuck(bench, 'abc', ['file-1']);
    await bench.leases.force(forceOf('abc'));
    const before = (await bench.control.journal()).length;
    expect(await bench.keeper.deleteFiles(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
    expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
    expect(await bench.control.journal()).toHaveLength(before);
    await bench.leases.acquire(acquireOf('next'));
    await expect(bench.leases.track(trackOf('next', ['file-1']))).rejects.toThrow('being deleted');
    const registration = { sessionId: 'guest', vectorStoreId, protect: true, requestId: 'r' };
    await expect(bench.leases.register(registration)).rejects.toMatchObject({ code: 'STORE_LEASED' });
    await bench.sql(`UPDATE lease SET closed_at = closed_at - interval '99 days' WHERE state = 'closed'`);
    expect(await bench.keeper.pruneHistory()).toBe(0);
    // With the store's proof alone the file still keeps the lease.
    await bench.sql(`UPDATE store SET state = 'deleted' WHERE lease_id = $1`, [leaseId]);
    expect(await bench.keeper.pruneHistory()).toBe(0);
    expect((await bench.leases.get('abc')).abandoned).toMatchObject([{ fileIds: ['file-1'], storeIds: [] }]);
    await bench.sql('UPDATE file SET provider_deleted_at = now()');
    expect(await bench.keeper.pruneHistory()).toBe(1);
  });

  it('leaves a file to another lease that has it, live or draining', async () => {
    const bench = await openBench();
    for (const other of ['live', 'draining']) await bench.leases.acquire(acquireOf(other));
    await bench.leases.track(trackOf('live', ['file-live']));
    await bench.leases.track(trackOf('draining', ['file-draining']));
    await stuck(bench, 'abc', ['file-live', 'file-draining', 'file-mine']);
    await bench.leases.release({ ...ask('draining'), force: false });
    expect(await bench.leases.force(forceOf('abc'))).toMatchObject([{ fileIds: ['file-mine'] }]);
    expect(await fileRows(bench)).toMatchObject([
      { id: 'file-draining', abandoned: false },
      { id: 'file-live', abandoned: false, marked: false },
      { id: 'file-mine', abandoned: true, marked: true },
    ]);
    expect(await bench.leases.get('live')).toMatchObject({ state: 'active', files: ['file-live'] });
    expect(await bench.leases.get('draining')).toMatchObject({ state: 'draining', abandoned: [] });
  });

  it('is refused where nothing is stuck, and touches nothing', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('live'));
    await bench.leases.acquire(acquireOf('draining'));
    await bench.leases.release({ ...ask('draining'), force: false });
    for (const sessionId of ['live', 'draining']) {
      await expect(bench.leases.force(forceOf(sessionId))).rejects.toMatchObject({ code: 'NOT_STUCK' });
    }
    await expect(bench.leases.force(forceOf('nobody'))).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await bench.sql('SELECT DISTINCT forced_by FROM lease')).toEqual([{ forced_by: null }]);
    await stuck(bench, 'abc', ['file-1']);
    await bench.leases.acquire(acquireOf('abc'));
    expect(await bench.leases.force(forceOf('abc'))).toHaveLength(1);
    expect(await bench.leases.renew(ask('abc'))).toBeDefined();
    await expect(bench.leases.force(forceOf('abc'))).rejects.toMatchObject({ code: 'NOT_STUCK' });
  });

  it('gives up thousands of files, and logs every id', async () => {
    const bench = await openBench();
    const files = Array.from({ length: 2_500 }, (_, n) => `file-${n}`);
    const { leaseId } = await bench.leases.acquire(acquireOf('abc'));
    await bench.leases.track(trackOf('abc', files));
    await bench.leases.release({ ...ask('abc'), force: false });
    await bench.sql('UPDATE lease SET stuck_at = now()');
    expect((await bench.leases.force(forceOf('abc')))[0]?.fileIds).toEqual(files);
    const logged = bench.logged.filter(({ event }) => event === 'lease_forced');
    expect(logged.flatMap((line) => line['file_ids'])).toEqual(files);
    expect(logged).toHaveLength(13);
    // No pass had come to them yet: they are nobody's all the same.
    await bench.leases.acquire(acquireOf('next'));
    await expect(bench.leases.track(trackOf('next', ['file-7']))).rejects.toThrow('being deleted');
    expect(await bench.leases.get('abc')).toMatchObject({ leaseId, state: 'closed' });
  });

  it('that stopped half-way leaves its files alone, and a repeat finishes it', async () => {
    const bench = await openBench();
    const { leaseId } = await stuck(bench, 'abc', ['file-1', 'file-2']);
    const rows = await bench.sql<{ file_key: string }>(
      `SELECT file_key FROM file WHERE provider_file_id = 'file-1'`,
    );
    await abandonFiles(
      bench.ledger,
      leaseId,
      rows.map((row) => row.file_key),
    );
    const from = (await bench.control.journal()).length;
    await bench.keeper.deleteFiles(leaseId, CONTEXT);
    const sent = (await bench.control.journal()).slice(from);
    expect(sent.filter((entry) => entry.operation === 'delete_file')).toMatchObject([{ target: 'file-2' }]);
    expect(await bench.leases.force(forceOf('abc'))).toMatchObject([{ fileIds: ['file-1', 'file-2'] }]);
  });

  it('a delete that was on its way still counts', async () => {
    const bench = await openBench();
    const { leaseId, vectorStoreId } = await stuck(bench, 'abc', []);
    const match = { operation: 'delete_store' } as const;
    await bench.control.setFault({ match, fault: { kind: 'hold', name: 'late' } });
    const pass = bench.keeper.deleteStore(leaseId, CONTEXT);
    await bench.control.waitForHeld('late');
    expect(await bench.leases.force(forceOf('abc'))).toMatchObject([{ storeIds: [vectorStoreId] }]);
    await bench.control.release('late');
    await pass;
    expect(await bench.sql('SELECT state FROM store')).toEqual([{ state: 'deleted' }]);
    expect(await bench.leases.get('abc')).toMatchObject({ state: 'closed', endReason: 'forced' });
    expect((await bench.leases.get('abc')).abandoned).toMatchObject([{ storeIds: [] }]);
  });
});

/** A stuck lease in the arena, with a file of its own. */
async function seedStuck(arena: Arena, sessionId: string, fileKey: string): Promise<string> {
  const leaseId = await arena.seed({ sessionId, state: 'draining' });
  await arena.sql('UPDATE lease SET stuck_at = now(), failing_since = now() WHERE lease_id = $1', [leaseId]);
  await arena.sql(
    `INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key) VALUES ($1, 'id', $2, 'file-1', $3)`,
    [leaseId, Buffer.from('file-1'), fileKey],
  );
  return leaseId;
}
async function seedFile(arena: Arena): Promise<string> {
  const [row] = await arena.sql<{ file_key: string }>(
    `INSERT INTO file (provider, base_url, provider_file_id, account_id) VALUES ($1, $2, 'file-1', $3) RETURNING file_key`,
    [PROVIDER, BASE_URL, arena.accountId],
  );
  return row?.file_key ?? '';
}

describe('force and a drain at once', () => {
  const close = async (db: Db, leaseId: string) => {
    if (!(await forceClose(db, leaseId))) return false;
    await abandonStores(db, leaseId);
    return true;
  };

  it('the pass that failed meanwhile has nothing to record', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', state: 'draining' });
    await arena.sql('UPDATE lease SET stuck_at = now()');
    const failure = {
      leaseId,
      part: 'stores',
      error: 'late',
      waitMs: 1,
      stuckNow: true,
      stuckAfterMs: 1,
    } as const;
    const { value } = await meet(arena, {
      a: (db) => close(db, leaseId),
      b: () => drainFailed(arena.ledger, failure),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
    expect(await arena.sql('SELECT state, stuck_at, end_reason FROM lease')).toEqual([
      { state: 'closed', stuck_at: null, end_reason: 'forced' },
    ]);
  });

  it('the pass that begins meanwhile does not take the store up again', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', state: 'draining' });
    await arena.sql('UPDATE lease SET stuck_at = now()');
    const { value } = await meet(arena, {
      a: (db) => close(db, leaseId),
      b: () => doomStores(arena.ledger, leaseId),
      end: 'COMMIT',
    });
    expect(value).toEqual([]);
    expect(await arena.sql('SELECT state FROM store')).toEqual([{ state: 'abandoned' }]);
  });

  it('the close that was faster leaves nothing to give up', async () => {
    const arena = await openArena();
    const leaseId = await arena.seed({ sessionId: 'abc', state: 'draining' });
    await arena.sql('UPDATE lease SET stuck_at = now()');
    await arena.sql(`UPDATE store SET state = 'deleted'`);
    const { value } = await meet(arena, {
      a: (db) => closeLease(db, leaseId, 3),
      b: () => beginForce(arena.ledger, { sessionId: 'abc', ...WHY }),
      end: 'COMMIT',
    });
    expect(value).toEqual([]);
  });

  it('a holder that tracked the file first keeps it', async () => {
    const arena = await openArena();
    const fileKey = await seedFile(arena);
    const leaseId = await seedStuck(arena, 'abc', fileKey);
    const live = await arena.seed({ sessionId: 'live' });
    await meet(arena, {
      a: async (db) => {
        await db.rows({ name: 'lock', text: 'SELECT 1 FROM file WHERE file_key = $1 FOR UPDATE' }, [fileKey]);
        await db.rows(
          {
            name: 'hold',
            text: `INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key) VALUES ($1, 'id', 'x', 'file-1', $2)`,
          },
          [live, fileKey],
        );
      },
      b: () =>
        arena.ledger.transaction(async (db) => {
          const files = await lockLeaseFiles(db, leaseId, { afterFileId: '', limit: 10 });
          await abandonFiles(
            db,
            leaseId,
            files.map((file) => file.fileKey),
          );
        }),
      end: 'COMMIT',
    });
    expect(await arena.sql('SELECT abandoned_at, deleted_at FROM file')).toEqual([
      { abandoned_at: null, deleted_at: null },
    ]);
  });

  it('two that share a file and are given up at once do not leave it to each other', async () => {
    const arena = await openArena();
    const fileKey = await seedFile(arena);
    const one = await seedStuck(arena, 'one', fileKey);
    const two = await seedStuck(arena, `two ${randomUUID()}`, fileKey);
    const { value } = await meet(arena, {
      a: (db) => close(db, one),
      b: () => arena.ledger.transaction((db) => close(db, two)),
      end: 'COMMIT',
    });
    expect(value).toBe(false);
    expect(await arena.sql('SELECT lease_id FROM lease WHERE state = $1', ['draining'])).toEqual([
      { lease_id: two },
    ]);
  });
});
