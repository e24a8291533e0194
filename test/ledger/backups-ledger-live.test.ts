/** Backups of a ledger that is in use, and backups that break off. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createDatabase, query } from '../support/databases.ts';
import { until } from '../support/until.ts';
import { makeBackup, restoreBackup } from '../../maintenance/backups/index.ts';
import { checkArchive } from '../../maintenance/backups/archive/open.ts';
import { writeArchive } from '../../maintenance/backups/archive/write.ts';
import { withSnapshot } from '../../ledger/dump/index.ts';
import { BACKUP_MS, CALM } from './backups-kit.ts';
import { backupsOf, connectTo, contentOf, freshTarget } from './backups-ledger-kit.ts';
import { fillEveryTable } from './backups-rows.ts';
import { acquireOf, ask, openBench, trackOf } from './kit.ts';

const LEDGER = { kind: 'ledger', manual: false } as const;

it('taken while leases are made, renewed and ended: whole, and with all that was committed before', async () => {
  const bench = await openBench();
  const { make, ...backups } = backupsOf(bench.databaseUrl);
  const committed: string[] = [];
  const running = { done: false };
  const work = async (worker: number) => {
    for (let turn = 0; !running.done; turn += 1) {
      const session = `session ${worker} ${turn}`;
      await bench.leases.acquire(acquireOf(session));
      await bench.leases.track(trackOf(session, [`file-${worker}-${turn}`]));
      committed.push(session);
      await bench.leases.renew(ask(session));
      if (turn % 3 === 0) await bench.leases.release({ ...ask(session), force: false });
    }
  };
  const working = [0, 1, 2, 3].map(work);
  const stopWorking = async () => {
    running.done = true;
    await Promise.all(working);
  };
  onTestFinished(stopWorking);
  for (let round = 0; round < 3; round += 1) {
    await until(() => committed.length > 10 * (round + 1), { describe: 'leases', everyMs: 5 });
    const before = [...committed];
    const filename = await make(BACKUP_MS + round);
    expect(committed.length, 'they went on').toBeGreaterThan(before.length);
    const { url, restore } = await freshTarget(backups);
    // Foreign keys and constraints are PostgreSQL's own check of one moment.
    expect(await restore(filename)).toBe('restored');
    const leases = await query<{ session_id: string; entries: number }>(
      url,
      `SELECT session_id, (SELECT count(*)::int FROM lease_entry e WHERE e.lease_id = l.lease_id) AS entries FROM lease l`,
    );
    const found = new Map(leases.map((lease) => [lease.session_id, lease.entries]));
    expect(before.filter((session) => found.get(session) !== 1)).toEqual([]);
  }
});

/** A table that takes a while, in a ledger with others. */
async function large() {
  const url = await createDatabase('large');
  await fillEveryTable(await connectTo(url));
  await query(
    url,
    `INSERT INTO notice (kind, detail) SELECT 'kind ' || i, repeat(md5(i::text), 200) FROM generate_series(1, 4000) i`,
  );
  return backupsOf(url);
}

it('a backup that is told to stop, or loses its connection, ends soon and leaves nothing', async () => {
  const bench = await large();
  const stop = new AbortController();
  const beats = { seen: 0 };
  const heartbeat = () => {
    beats.seen += 1;
    if (beats.seen === 5) stop.abort(new Error('enough'));
  };
  await expect(makeBackup(bench.deps, LEDGER, { signal: stop.signal, heartbeat })).rejects.toThrow('enough');
  expect(bench.files()).toEqual([]);
  expect(bench.logged).toEqual([]);

  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'loiter-killer-backup'`;
  const ended = vi.fn(() => void query(bench.url, end));
  const lost = makeBackup(bench.deps, LEDGER, { signal: CALM.signal, heartbeat: ended });
  // PostgreSQL's last word, or only that nobody is there any more.
  await expect(lost).rejects.toThrow(/terminat|ECONNRESET|EPIPE/);
  expect(ended).toHaveBeenCalled();
  expect(bench.files()).toEqual([]);
  expect(bench.logged.at(-1)).toMatchObject({ event: 'backup_failed', kind: 'ledger' });
});

it.runIf(existsSync('/dev/full'))('a full disk is told of', async () => {
  const { url } = await large();
  const write = withSnapshot(url, CALM.signal, (snapshot) =>
    writeArchive(snapshot, { path: '/dev/full', takenAtMs: BACKUP_MS, ...CALM }),
  );
  await expect(write).rejects.toThrow('ENOSPC');
});

it('a restore that is told to stop leaves the ledger empty', async () => {
  const bench = await large();
  const filename = await bench.make();
  const { url, restore } = await freshTarget(bench);
  const empty = await contentOf(url);
  const ofTheCheck = vi.fn();
  await checkArchive(join(bench.directory, filename), CALM.signal, ofTheCheck);
  const stop = new AbortController();
  const beats = { seen: 0 };
  const heartbeat = () => {
    beats.seen += 1;
    // Some tables are loaded by then.
    if (beats.seen === ofTheCheck.mock.calls.length + 5) stop.abort(new Error('enough'));
  };
  const settings = { ...bench.deps.settings, ledgerUrl: url };
  const restoring = restoreBackup(
    { ...bench.deps, settings },
    { filename, force: false },
    { signal: stop.signal, heartbeat },
  );
  await expect(restoring).rejects.toThrow('enough');
  expect(await contentOf(url)).toEqual(empty);
  expect(await restore(filename)).toBe('restored');
});
