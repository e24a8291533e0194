/** Temporal away, Temporal wiped, PostgreSQL away: what is still answered, and that everything comes back by itself. */
import { Client, Connection } from '@temporalio/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { inspectProcess, isRunning, type ProcessInfo } from '../../dev/processes/inspect.ts';
import { OUTAGE_AFTER_MS } from '../../domain/pulse.ts';
import { changedSignal, PRUNE_SCHEDULE } from '../../workflows/messages.ts';
import { missingSearchAttributes } from '../../workflows/client.ts';
import { get, post, type Answer } from '../crash/caller.ts';
import { leasesOf, untilClosed } from '../crash/ledger-view.ts';
import { storesOf } from '../crash/provider-view.ts';
import { startRig, type Rig } from '../crash/rig.ts';
import { query } from '../support/databases.ts';
import { GiveUpError, until } from '../support/until.ts';

/** An outbox row whose wake-up failed is due again after a minute. */
const HEALED_WITHIN_MS = 100_000;

let rig: Rig;
const call = (session: string, verb: string, body?: unknown) =>
  post(rig.stack.api.url, `/session/${session}/${verb}`, body === undefined ? {} : { body });

function sessions(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

function expectAll(answers: readonly Answer[], status: number, withinMs: number): void {
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
  expect(Math.max(...answers.map((answer) => answer.tookMs))).toBeLessThan(withinMs);
}

async function withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: rig.temporalAddress });
  try {
    return await work(new Client({ connection, namespace: 'default' }));
  } finally {
    await connection.close();
  }
}

/** Every one has a running workflow that has seen its last change. */
async function haveWorkflows(ids: readonly string[]): Promise<void> {
  const unseen = async () => {
    const rows = await query<{ session_id: string }>(
      rig.databaseUrl,
      `SELECT session_id FROM lease WHERE session_id = ANY ($1::text[]) AND state = 'active'
         AND (seen_version = 0 OR seen_version < wanted_version)`,
      [ids],
    );
    return rows.map((row) => row.session_id);
  };
  await until(async () => (await unseen()).length === 0, {
    describe: 'every live lease seen by its workflow',
    deadlineMs: HEALED_WITHIN_MS,
    everyMs: 500,
  });
  await withTemporal(runsOf(ids));
}

async function goneAfterRelease(session: string): Promise<void> {
  expect((await call(session, 'release')).status).toBe(202);
  await untilClosed(rig.databaseUrl, session);
  expect(await storesOf(rig.stack.simulator.control, session)).toEqual([]);
}

describe('Temporal', () => {
  beforeAll(async () => {
    rig = await startRig({ LEASE_SECONDS: 600 });
    return () => rig.stop();
  });

  test('away: all calls are answered as ever, and every lease has its workflow when it is back', async () => {
    await call('before', 'acquire');
    await call('releasing', 'acquire');
    await haveWorkflows(['before', 'releasing']);
    await rig.kill('Temporal');
    const first = sessions('first', 20);
    // Clients give renew and files 5 s and acquire 10 s; without Temporal nothing of that is needed.
    expectAll(await Promise.all(first.map((id) => call(id, 'acquire'))), 200, 8_000);
    const again = await Promise.all([
      call('before', 'acquire'),
      call('before', 'renew'),
      call('before', 'files', ['file-1']),
      call('first-0', 'acquire'),
      call('first-1', 'renew'),
    ]);
    expectAll(again, 200, 4_000);
    expect(again[0]?.body['reused']).toBe(true);
    expectAll([await call('releasing', 'release')], 202, 4_000);
    const rows = await Promise.all(first.map((id) => leasesOf(rig.databaseUrl, id)));
    expect(rows.flat().map((row) => row.seen_version)).toEqual(first.map(() => '0'));
    await rig.restart('Temporal');
    await haveWorkflows(['before', ...first]);
    await untilClosed(rig.databaseUrl, 'releasing', HEALED_WITHIN_MS);
    expect(await storesOf(rig.stack.simulator.control, 'releasing')).toEqual([]);
  }, 240_000);

  test('wiped under a running worker: leases, deadlines, schedules and search attributes are there again', async () => {
    const kept = sessions('kept', 5);
    expectAll(await Promise.all(kept.map((id) => call(id, 'acquire'))), 200, 8_000);
    await call('due', 'acquire');
    await haveWorkflows([...kept, 'due']);
    const deadlines = async () =>
      (await Promise.all(kept.map((id) => leasesOf(rig.databaseUrl, id))))
        .flat()
        .map((row) => row.expires_at);
    const before = await deadlines();
    const runsBefore = await withTemporal(runsOf(kept));
    await rig.wipeTemporal();
    // Falls due while nobody knows of it but the ledger.
    await query(
      rig.databaseUrl,
      `UPDATE lease SET expires_at = clock_timestamp() WHERE session_id = 'due' AND state = 'active'`,
    );
    await rig.restart('Temporal');
    await untilClosed(rig.databaseUrl, 'due', HEALED_WITHIN_MS);
    expect((await leasesOf(rig.databaseUrl, 'due'))[0]?.end_reason).toBe('expired');
    expect(await storesOf(rig.stack.simulator.control, 'due')).toEqual([]);
    const runs = await until(() => withTemporal(runsOf(kept)), {
      describe: 'every live lease has a workflow again',
      deadlineMs: HEALED_WITHIN_MS,
      everyMs: 500,
    });
    expect(
      runs.filter((run) => runsBefore.includes(run)),
      'the server had no memory',
    ).toEqual([]);
    expect(await deadlines()).toEqual(before);
    await withTemporal(async (client) => {
      expect(await missingSearchAttributes(client)).toEqual([]);
      expect((await client.schedule.getHandle(PRUNE_SCHEDULE).describe()).state.paused).toBe(false);
    });
    await goneAfterRelease('kept-0');
  }, 300_000);
});

/** Ids of the runs of these sessions' workflows; rejects unless each is running. */
function runsOf(ids: readonly string[]) {
  return async (client: Client): Promise<string[]> =>
    Promise.all(
      ids.map(async (id) => {
        const { status, runId } = await client.workflow.getHandle(`session/${id}`).describe();
        if (status.name !== 'RUNNING') throw new Error(`session/${id} is ${status.name}`);
        return runId;
      }),
    );
}

describe('PostgreSQL', () => {
  beforeAll(async () => {
    rig = await startRig({ LEASE_SECONDS: 600, OUTAGE_GRACE_SECONDS: 300 }, { gated: false });
    return () => rig.stop();
  });

  test.each([
    ['stopped', () => rig.postgres().stop()],
    ['killed', () => rig.kill('PostgreSQL')],
  ] as const)(
    '%s: 503 in time, and all works again without a restart of ours',
    async (how, takeAway) => {
      const kept = `kept-${how}`;
      await call(kept, 'acquire');
      const due = `due-${how}`;
      await call(due, 'acquire');
      await haveWorkflows([kept, due]);
      const pids = [rig.stack.api.part.pid, rig.stack.worker.part.pid];
      const renewals = () => Promise.all(Array.from({ length: 40 }, () => call(kept, 'renew')));
      // Opens every connection that the pool may have.
      await renewals();
      await fallsDueSoon(due);
      const serving = await backends();
      // Calls are under way when it goes.
      const during = renewals();
      await takeAway();
      const awayAt = performance.now();
      for (const answer of await during) expect([200, 503]).toContain(answer.status);
      await until(() => !serving.some(isRunning), { describe: 'no process of PostgreSQL serves on' });
      await everyCallIsRefusedInTime(kept);
      await until(() => performance.now() > awayAt + OUTAGE_AFTER_MS, { describe: 'an outage' });
      await rig.restart('PostgreSQL');
      await until(async () => (await call(kept, 'renew')).status === 200, {
        describe: 'renewals work again',
      });
      await isSpared(due);
      expect((await call(`new-${how}`, 'acquire')).status).toBe(200);
      expect((await call(kept, 'acquire')).body['reused']).toBe(true);
      await goneAfterRelease(kept);
      await goneAfterRelease(`new-${how}`);
      expect([rig.stack.api.part.pid, rig.stack.worker.part.pid]).toEqual(pids);
      expect([rig.stack.api.part.hasEnded(), rig.stack.worker.part.hasEnded()]).toEqual([false, false]);
    },
    180_000,
  );
});

/** Those that serve a connection: of a killed server they go on until they notice its death. */
async function backends(): Promise<readonly ProcessInfo[]> {
  const sql = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database()';
  const rows = await query<{ pid: number }>(rig.databaseUrl, sql);
  return rows.flatMap(({ pid }) => inspectProcess(pid) ?? []);
}

/** Its workflow is told, and looks when it is due. */
async function fallsDueSoon(session: string): Promise<void> {
  await query(
    rig.databaseUrl,
    `UPDATE lease SET expires_at = clock_timestamp() + interval '3 s', wake_at = clock_timestamp()
     WHERE session_id = $1`,
    [session],
  );
}

/** Nobody could renew it: it waits, although its workflow looks when all are back, and can be renewed now. */
async function isSpared(session: string): Promise<void> {
  const lease = async () => {
    const rows = await query<{ written: boolean; looked: boolean }>(
      rig.databaseUrl,
      `SELECT to_at > expires_at AS written, reconciled_at > to_at AS looked
       FROM lease, (SELECT max(to_at) AS to_at FROM outage) AS o
       WHERE session_id = $1 AND state = 'active'`,
      [session],
    );
    if (rows[0] === undefined) throw new GiveUpError(`${session} has ended`);
    return rows[0];
  };
  await until(async () => (await lease()).written, { describe: 'the outage written down' });
  await withTemporal((client) => client.workflow.getHandle(`session/${session}`).signal(changedSignal));
  await until(async () => (await lease()).looked, { describe: `a look at ${session}` });
  await lease();
  expect((await call(session, 'renew')).status).toBe(200);
}

/** More calls than the pool has connections, so that some wait for one. */
async function everyCallIsRefusedInTime(session: string): Promise<void> {
  const quick = Array.from({ length: 8 }, () => [
    call(session, 'renew'),
    call(session, 'files', ['file-1']),
    call(session, 'release'),
  ]);
  expectAll(await Promise.all(quick.flat()), 503, 4_000);
  expectAll([await call(session, 'acquire'), await call('unknown', 'acquire')], 503, 8_000);
  const health = await get(rig.stack.api.url, '/health');
  expect(health).toMatchObject({ status: 200, body: { status: 'healthy' } });
  expect(health.tookMs).toBeLessThan(1_000);
  expect((await get(rig.stack.api.url, '/health/ready')).status).toBe(503);
}
