/**
 * The ledger restored from one of its own backups, an hour old, as docs/operations.md says: what it knows lives on or
 * ends cleanly, what it does not know is not touched.
 */
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { Client as Database } from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { changedSignal } from '../../workflows/messages.ts';
import { QUICK } from '../crash/rig.ts';
import { query } from '../support/databases.ts';
import { scratchDirectory, startProgram } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, call, leasesOf, post, show, track, upload } from './session-calls.ts';

/** Of ten minutes, and what was due in the lost hour has long passed. */
const LEASE_SECONDS = 600;
/** In the procedure at least a lease; a test does not wait for so long. */
const GRACE_SECONDS = 20;

let stack: Stack;
let directory: string;
beforeAll(async () => {
  directory = scratchDirectory('backups');
  stack = await startStack({ ...QUICK, LEASE_SECONDS, OUTAGE_GRACE_SECONDS: GRACE_SECONDS });
});

async function onServer(work: (client: Database) => Promise<void>): Promise<void> {
  const url = new URL(stack.databaseUrl);
  url.pathname = '/postgres';
  const client = new Database({ connectionString: url.href });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const ledger = () => new URL(stack.databaseUrl).pathname.slice(1);

/** One of the programs that the procedure names; resolves with what it printed. */
async function command(script: string, args: readonly string[] = []): Promise<string> {
  const part = await startProgram({
    name: script.replace(/\W/g, '-'),
    script,
    args,
    env: { ...scrubbedEnv(), ENV_FILE: 'none', DATABASE_URL: stack.databaseUrl, BACKUP_DIR: directory },
  });
  expect(await part.ended, part.logTail()).toBe('code 0');
  return part.logTail();
}

/** The name of a backup that is made beside the running service. */
async function takeBackup(): Promise<string> {
  const [name] = /ledger_backup_\w+\.tar\.gz/.exec(await command('operator/backup-command.ts')) ?? [];
  return name ?? '';
}

/** Into a database that is new, and makes it an hour old: everything that it knows happened an hour earlier. */
async function restore(backup: string): Promise<void> {
  await onServer(async (client) => {
    await client.query(`DROP DATABASE ${ledger()} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${ledger()} TEMPLATE template0`);
  });
  await command('ledger/migrate-command.ts');
  await command('operator/backup-restore-command.ts', [backup]);
  const columns = await query<{ table_name: string; column_name: string }>(
    stack.databaseUrl,
    `SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'`,
  );
  for (const { table_name, column_name } of columns) {
    const sql = `UPDATE ${table_name} SET ${column_name} = ${column_name} - interval '1 hour'`;
    await query(stack.databaseUrl, sql);
  }
}

const deletions = (verb: string) =>
  command('operator/deletions-command.ts', [verb, ...(verb === 'pause' ? ['--reason', 'restored'] : [])]);

async function workflowOf<T>(session: string, work: (handle: WorkflowHandle) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const client = new Client({ connection, namespace: stack.namespace });
    return await work(client.workflow.getHandle(`session/${session}`));
  } finally {
    await connection.close();
  }
}

/** How the newest run of the session's workflow stands. */
const runOf = (session: string) =>
  workflowOf(session, async (handle) => (await handle.describe()).status.name);

const storesLeft = async () =>
  (await stack.simulator.control.state()).stores.map((store) => store.id).toSorted();
const untilClosed = (session: string) =>
  until(async () => (await leasesOf(stack, session)).every((lease) => lease.state === 'closed'), {
    describe: `all leases of ${session} closed`,
    deadlineMs: 60_000,
  });

it('restored: what lives goes on, what has ended closes, what it never knew is left alone', async () => {
  const kept = await acquire(stack, 'kept');
  const file = await upload(stack);
  await track(stack, 'kept', [file]);
  await acquire(stack, 'forgotten');
  await acquire(stack, 'released-since');
  const replaced = await acquire(stack, 'replaced');
  const backup = await takeBackup();

  for (const session of ['released-since', 'replaced']) {
    expect((await post(stack, session, 'release')).status).toBe(202);
    await untilClosed(session);
  }
  const replacement = await acquire(stack, 'replaced');
  expect(replacement.vector_store_id).not.toBe(replaced.vector_store_id);
  const madeSince = await acquire(stack, 'made-since');
  await until(async () => (await runOf('made-since')) === 'RUNNING', { describe: 'its workflow' });
  // One whose first look is still to come would have it after the restoration.
  const seen = `SELECT FROM lease WHERE session_id = 'made-since' AND seen_version = wanted_version`;
  await until(async () => (await query(stack.databaseUrl, seen)).length === 1, {
    describe: 'its first look',
  });

  expect(await Promise.all([stack.api.stop(), stack.worker.stop()])).toEqual(['code 0', 'code 0']);
  await restore(backup);
  await deletions('pause');
  await Promise.all([stack.restartWorker(), stack.restartApi()]);

  const unseen = `SELECT FROM lease WHERE reconciled_at < clock_timestamp() - interval '30 minutes'`;
  await until(async () => (await query(stack.databaseUrl, unseen)).length === 0, {
    describe: 'every workflow has looked',
    deadlineMs: 30_000,
  });
  // Nobody could renew since the backup, so all that it knows lives, long past its deadline.
  const live = async (session: string) => (await show(stack, session)).state;
  for (const session of ['kept', 'forgotten', 'released-since', 'replaced']) {
    expect(await live(session), session).toBe('active');
  }
  expect((await post(stack, 'kept', 'renew')).status).toBe(200);
  expect(await acquire(stack, 'kept')).toMatchObject({
    vector_store_id: kept.vector_store_id,
    files: [file],
  });
  expect((await post(stack, 'made-since', 'renew')).status).toBe(404);
  // By itself it looks at its next wake, at most an hour later.
  await workflowOf('made-since', (handle) => handle.signal(changedSignal));
  await until(async () => (await runOf('made-since')) === 'COMPLETED', {
    describe: 'the workflow of a session that the ledger does not know ends',
  });
  // A sweep lists what the restored ledger does not know.
  expect((await call(stack, 'POST', '/sweep')).status).toBe(200);
  const { json } = await call(stack, 'GET', '/orphans?kind=ledger_lost');
  const lost = (json as { stores: { store_id: string }[] }).stores.map((store) => store.store_id);
  expect(lost.toSorted()).toEqual([madeSince, replacement].map((lease) => lease.vector_store_id).toSorted());
  await deletions('resume');

  for (const session of ['forgotten', 'released-since', 'replaced']) await untilClosed(session);
  expect(await live('kept')).toBe('active');
  // Nor does a sweep that may delete touch it, whatever it has seen before.
  expect((await call(stack, 'POST', '/sweep?dry_run=false')).status).toBe(200);
  expect(await storesLeft()).toEqual(
    [kept, replacement, madeSince].map((lease) => lease.vector_store_id).toSorted(),
  );
  expect((await stack.simulator.control.state()).files.map((one) => one.id)).toContain(file);
  expect((await post(stack, 'kept', 'release')).status).toBe(202);
  await untilClosed('kept');
  expect(await storesLeft()).not.toContain(kept.vector_store_id);
  // Whoever made it comes back to a new store, as after any loss.
  expect((await acquire(stack, 'made-since')).reused).toBe(false);
}, 240_000);
