/**
 * The worker killed in the middle of each maintenance job, each held there or stopped there: nothing stays half done that
 * the job doesn't finish once a worker is back. Part of `npm run crash`.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BackupResult, ConversationsCleanup, ResultsCleanup } from '../../activities/job-contract.ts';
import type { MaintenanceJob } from '../../domain/jobs.ts';
import { JOB_WORKFLOWS } from '../../workflows/messages.ts';
import { openClient } from '../ledger/two-sides.ts';
import { createDatabase, query } from '../support/databases.ts';
import { kill9, pause, scratchDirectory } from '../support/parts.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { age, metadataPath, past, resultPath } from '../unit/maintenance/tree.ts';
import { uuid6At } from '../unit/maintenance-conversations/ages.ts';
import { call } from '../stack/session-calls.ts';

const PAIRS = 12_000;
const AGED = 12_000;
/** Two batches and a half. */
const THREADS = 1_250;
/** A worker that is gone is missed after the heartbeat's 30 s. */
const TAKEN_UP_MS = 90_000;

let stack: Stack;
let connection: Connection;
let client: Client;
let conversations: string;
const places = { results: '', aged: '', backups: '' };

/** In directories of a thousand pairs each. */
function fillResults(): void {
  const metadata = JSON.stringify({ expires_at: past() });
  for (let n = 0; n < PAIRS; n += 1) {
    const directory = join(places.results, String(n % (PAIRS / 1_000)));
    if (n < PAIRS / 1_000) mkdirSync(directory);
    const stem = join(directory, String(n));
    writeFileSync(resultPath(stem), '');
    writeFileSync(metadataPath(stem), metadata);
  }
}

function fillAged(): void {
  for (let n = 0; n < AGED; n += 1) {
    const path = join(places.aged, `${n}.mp3`);
    writeFileSync(path, '');
    age(path, 48);
  }
}

/** Threads that nobody has used for long, in the tables of LangGraph's own saver. */
async function fillConversations(): Promise<void> {
  conversations = await createDatabase('conversations', { empty: true });
  const saver = PostgresSaver.fromConnString(conversations);
  await saver.setup();
  await saver.end();
  const id = uuid6At(Date.now() - 30 * 86_400_000);
  await query(
    conversations,
    `INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint)
     SELECT 'thread-' || lpad(i::text, 5, '0'), $1, '{}' FROM generate_series(1, ${THREADS}) AS i`,
    [id],
  );
}

beforeAll(async () => {
  for (const name of ['results', 'aged', 'backups'] as const)
    places[name] = scratchDirectory(`crash-${name}`);
  await fillConversations();
  stack = await startStack({
    RESULTS_DIR: places.results,
    AGED_FILES_DIR: places.aged,
    BACKUP_DIR: places.backups,
    CHECKPOINT_DATABASE: conversations,
  });
  connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection, namespace: stack.namespace });
  await until(async () => (await query(stack.databaseUrl, 'SELECT FROM job_outcome')).length > 0, {
    describe: 'the run at start is over',
    deadlineMs: 30_000,
  });
  fillResults();
  fillAged();
});
afterAll(async () => {
  await connection.close();
});

const start = (job: MaintenanceJob) =>
  client.workflow.start(JOB_WORKFLOWS[job], {
    workflowId: `crash-${job}`,
    taskQueue: stack.taskQueue,
    args: [{ dryRun: false, taskQueue: `${stack.taskQueue}-maintenance` }],
  });
const resultOf = async <T>(job: MaintenanceJob): Promise<T> =>
  (await client.workflow.getHandle(`crash-${job}`).result()) as T;

/** Whether one of our connections of that name waits for a lock. */
const waits = async (url: string, name: string): Promise<boolean> => {
  const sql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1
    AND wait_event_type = 'Lock'`;
  return (await query(url, sql, [name])).length > 0;
};

const files = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

/** That a pass over results may have. */
const MOST_THREADS = 8;

/** Stops the worker as soon as some of a directory's files are gone, and proves that others are not. */
async function stopWithin(directory: string, whole: number): Promise<void> {
  await until(() => files(directory) < whole, { describe: `some of ${directory}`, everyMs: 1 });
  pause(stack.worker.part);
  const left = files(directory);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(whole);
}

const threads = async (): Promise<number> => (await query(conversations, 'SELECT FROM checkpoints')).length;

/** Backups and conversations each wait for a lock of ours, results are half gone: so many files of them are left. */
async function killInThree(): Promise<number> {
  const [ledger, chats] = [
    await openClient(stack.databaseUrl, 'holder'),
    await openClient(conversations, 'holder'),
  ];
  await ledger.query('BEGIN; LOCK TABLE listed_store IN ACCESS EXCLUSIVE MODE');
  await chats.query('BEGIN');
  await chats.query(`SELECT FROM checkpoints WHERE thread_id = 'thread-0${THREADS}' FOR UPDATE`);
  await Promise.all([start('backups'), start('conversations-cleanup')]);
  await until(() => waits(stack.databaseUrl, 'loiter-killer-backup'), { describe: 'the backup is held' });
  await until(() => waits(conversations, 'loiter-killer-conversations'), {
    describe: 'the conversations are held',
  });
  const whole = files(places.results);
  await start('results-cleanup');
  await stopWithin(places.results, whole);
  expect(await threads()).toBeLessThan(THREADS);
  expect(await threads()).toBeGreaterThan(0);
  const temporary = readdirSync(places.backups).filter((name) => name.endsWith('.tmp'));
  expect(temporary).toHaveLength(1);
  await kill9(stack.worker.part);
  const left = files(places.results);
  await Promise.all([ledger.query('ROLLBACK'), chats.query('ROLLBACK')]);
  expect((await call(stack, 'GET', '/backups')).json).toEqual([]);
  return left;
}

it('kill -9 of the worker in the middle of each job', { timeout: 180_000 }, async () => {
  const left = await killInThree();
  await stack.restartWorker();
  await start('aged-files-cleanup');
  await stopWithin(places.aged, AGED);
  await kill9(stack.worker.part);
  await stack.restartWorker();

  await until(() => files(places.results) + files(places.aged) === 0, {
    describe: 'the directories are clean',
    deadlineMs: TAKEN_UP_MS,
  });
  const results = await resultOf<ResultsCleanup>('results-cleanup');
  const backups = await resultOf<BackupResult>('backups');
  const chats = await resultOf<ConversationsCleanup>('conversations-cleanup');
  await resultOf('aged-files-cleanup');

  // The run at the worker's start may have taken the directory over: what each counted comes to the whole.
  expect(results.errors).toBe(0);
  const [totals] = await query<{ n: number }>(
    stack.databaseUrl,
    'SELECT sum(total_deleted)::int AS n FROM results_directory',
  );
  expect(totals?.n).toBeLessThanOrEqual(PAIRS);
  // Whoever went on has counted every pair that was whole: each thread may have been within one.
  expect(totals?.n).toBeGreaterThanOrEqual(Math.floor(left / 2) - MOST_THREADS);
  expect(await threads()).toBe(0);
  expect(chats).toMatchObject({ errors: [], sessions_remaining: 0 });
  expect(backups).toMatchObject({ errors: [], backups: [{ filename: expect.stringMatching(/^ledger_/) }] });
  const listed = (await call(stack, 'GET', '/backups')).json as { filename: string }[];
  expect(listed.map(({ filename }) => filename)).toEqual(backups.backups.map(({ filename }) => filename));
  const statuses = (
    (await call(stack, 'GET', '/jobs')).json as { jobs: { name: string; last_run: { succeeded: boolean } }[] }
  ).jobs.flatMap(({ name, last_run: run }) => (run === null ? [] : [[name, run.succeeded]]));
  expect(statuses.filter(([, succeeded]) => succeeded !== true)).toEqual([]);
});
