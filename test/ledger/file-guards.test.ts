/** A file tracked and marked for deletion at once: both lock its row, so one of them sees the other. */
import { expect, it } from 'vitest';
import type { Db } from '../../ledger/open.ts';
import { closeLease } from '../../ledger/queries/close-lease.ts';
import { fileDeleted } from '../../ledger/queries/file-deleted.ts';
import { lockFiles } from '../../ledger/queries/lock-files.ts';
import { lockLeaseFiles } from '../../ledger/queries/lock-lease-files.ts';
import { lockLiveLease } from '../../ledger/queries/lock-live-lease.ts';
import { markFiles } from '../../ledger/queries/mark-files.ts';
import { track } from '../../ledger/queries/track.ts';
import { BASE_URL, meet, openArena, PROVIDER, TIMES, type Arena } from './two-sides.ts';

/** As leases/track.ts does it. */
async function trackFiles(db: Db, arena: Arena, wish: { sessionId: string; ids: string[] }): Promise<string> {
  const { sessionId, ids } = wish;
  const leaseId = await lockLiveLease(db, sessionId, null);
  if (leaseId === undefined) return 'no lease';
  const owner = { provider: PROVIDER, baseUrl: BASE_URL, accountId: arena.accountId };
  const files = await lockFiles(db, owner, ids);
  if (files.some((file) => file.beingDeleted)) return 'being deleted';
  const entries = files.map((file) => ({ kind: 'id' as const, entry: file.fileId, fileKey: file.fileKey }));
  const row = await track(db, { sessionId, leaseId, entries, maxEntries: 100, ...TIMES });
  return `tracked ${row?.added}`;
}

/** As leases/delete-files.ts does it: the ids that were marked. */
async function mark(db: Db, leaseId: string): Promise<string[]> {
  const locked = await lockLeaseFiles(db, leaseId, { afterFileId: '', limit: 100 });
  const keys = locked.map((file) => file.fileKey);
  const files = await markFiles(db, keys);
  return files.filter((file) => file.marked).map((file) => file.fileId);
}

/** A draining lease that tracked `ids`, and a live one beside it. */
async function drainingAndLive(ids: string[]): Promise<{ arena: Arena; draining: string; live: string }> {
  const arena = await openArena();
  const draining = await arena.seed({ sessionId: 'old' });
  await arena.ledger.transaction((db) => trackFiles(db, arena, { sessionId: 'old', ids }));
  await arena.sql(`UPDATE lease SET state = 'draining'`);
  return { arena, draining, live: await arena.seed({ sessionId: 'new' }) };
}

it.each([
  ['COMMIT', 'being deleted'],
  ['ROLLBACK', 'tracked 1'],
] as const)('tracking waits for a mark: %s → %s', async (end, outcome) => {
  const { arena, draining } = await drainingAndLive(['file-1']);
  const { value } = await meet(arena, {
    a: async (db) => expect(await mark(db, draining)).toEqual(['file-1']),
    b: () => arena.ledger.transaction((db) => trackFiles(db, arena, { sessionId: 'new', ids: ['file-1'] })),
    end,
  });
  expect(value).toBe(outcome);
});

it.each([
  ['COMMIT', []],
  ['ROLLBACK', ['file-1']],
] as const)('a mark waits for tracking: %s → marked %j', async (end, marked) => {
  const { arena, draining } = await drainingAndLive(['file-1']);
  const { value } = await meet(arena, {
    a: (db) => trackFiles(db, arena, { sessionId: 'new', ids: ['file-1'] }),
    b: () => arena.ledger.transaction((db) => mark(db, draining)),
    end,
  });
  expect(value).toEqual(marked);
});

it('two lists with the same files in another order do not wait for each other in a ring', async () => {
  const arena = await openArena();
  await arena.seed({ sessionId: 'one' });
  await arena.seed({ sessionId: 'two' });
  const { value } = await meet(arena, {
    a: (db) => trackFiles(db, arena, { sessionId: 'one', ids: ['file-a', 'file-b', 'file-c'] }),
    b: () =>
      arena.ledger.transaction((db) =>
        trackFiles(db, arena, { sessionId: 'two', ids: ['file-c', 'file-a', 'file-b'] }),
      ),
    end: 'COMMIT',
  });
  expect(value).toBe('tracked 3');
  const rounds = Array.from({ length: 30 }, (_, round) => {
    const ids = [`file-x${round}`, `file-y${round}`, `file-z${round}`];
    return ['one', 'two'].map((sessionId, place) =>
      arena.ledger.transaction((db) =>
        trackFiles(db, arena, { sessionId, ids: place === 0 ? ids : ids.toReversed() }),
      ),
    );
  });
  expect(new Set(await Promise.all(rounds.flat()))).toEqual(new Set(['tracked 3']));
});

it('a lease is not closed on the word of a holder that has not committed, and is once it has', async () => {
  const { arena, draining } = await drainingAndLive(['file-1']);
  await arena.sql(`UPDATE store SET state = 'deleted'`);
  await arena.ledger.transaction(async (db) => {
    await trackFiles(db, arena, { sessionId: 'new', ids: ['file-1'] });
    expect(await closeLease(arena.ledger, draining, 3)).toBeUndefined();
  });
  expect(await closeLease(arena.ledger, draining, 3)).toMatchObject({ sessionId: 'old' });
});

it('a file marked for deletion keeps its lease open until the proof, whoever holds it now', async () => {
  const { arena, draining } = await drainingAndLive(['file-1']);
  await arena.sql(`UPDATE store SET state = 'deleted'`);
  await arena.ledger.transaction((db) => mark(db, draining));
  await arena.sql(`INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key)
    SELECT l.lease_id, 'id', '\\x00', 'file-1', f.file_key FROM lease l, file f WHERE l.state = 'active'`);
  expect(await closeLease(arena.ledger, draining, 3)).toBeUndefined();
  const [file] = await arena.sql<{ file_key: string }>('SELECT file_key FROM file');
  await fileDeleted(arena.ledger, file?.file_key ?? '');
  expect(await closeLease(arena.ledger, draining, 3)).toMatchObject({ sessionId: 'old' });
});

it('parallel tracks of one lease count every entry once', async () => {
  const arena = await openArena();
  await arena.seed({ sessionId: 'one' });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      arena.ledger.transaction((db) =>
        trackFiles(db, arena, { sessionId: 'one', ids: ['file-a', 'file-b'] }),
      ),
    ),
  );
  expect(answers.filter((answer) => answer === 'tracked 2')).toHaveLength(1);
  expect(answers.filter((answer) => answer === 'tracked 0')).toHaveLength(19);
  const paths = Array.from({ length: 20 }, (_, n) => [
    { kind: 'path' as const, entry: '/same', fileKey: null },
    { kind: 'path' as const, entry: `/own ${n}`, fileKey: null },
  ]);
  const added = await Promise.all(
    paths.map(async (entries) => {
      const wish = { sessionId: 'one', leaseId: null, entries, maxEntries: 1_000, ...TIMES };
      return (await track(arena.ledger, wish))?.added ?? 0;
    }),
  );
  expect(added.reduce((sum, one) => sum + one, 0)).toBe(21);
  expect(await arena.sql('SELECT entry_count FROM lease')).toEqual([{ entry_count: 23 }]);
});
