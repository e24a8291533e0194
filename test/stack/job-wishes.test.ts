/** What is asked of a job comes through to whoever carries it out: its numbers, and on which disk. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scratchDirectory } from '../support/parts.ts';
import { startWorker, type Program } from '../support/programs.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { startSaver } from '../unit/maintenance-conversations/saver-process.ts';
import { chat, DAY_MS } from '../unit/maintenance-conversations/savers.ts';
import { age } from '../unit/maintenance/tree.ts';
import { call } from './session-calls.ts';

const AGED_HOURS = 25;
/** Longer than the default of 7 days. */
const THREAD_DAYS = 14;
const DISK = { MAINTENANCE_TASK_QUEUE: 'disks' };
const DISK_JOBS = ['results-cleanup', 'aged-files-cleanup', 'conversations-cleanup', 'backups'];

let stack: Stack;
let connection: Connection;
let client: Client;
let aged: string;
let memory: string;
let disk: Program;

beforeAll(async () => {
  const directory = scratchDirectory('wishes');
  aged = join(scratchDirectory('aged'), 'old.mp3');
  writeFileSync(aged, 'x');
  age(aged, AGED_HOURS);
  memory = join(directory, 'memory.db');
  // Its worker has no disk, and its api starts nothing on one.
  stack = await startStack({
    DATA_DIR: directory,
    RESULTS_DIR: scratchDirectory('results'),
    AGED_FILES_DIR: join(aged, '..'),
    BACKUP_DIR: scratchDirectory('backups'),
    CHECKPOINT_DATABASE: `sqlite:${memory}`,
    DATABASE_BACKUP_CRON: '0 2 * * *',
    CLEANUP_WAIT_SECONDS: 2,
    MAINTENANCE_TASK_QUEUE: 'off',
  });
  connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection, namespace: stack.namespace });
});
afterAll(async () => {
  await connection.close();
});

interface Run {
  readonly result: Record<string, unknown>;
}
interface Job {
  readonly name: string;
  readonly on: boolean;
  readonly why: string | null;
  readonly last_run: Run | null;
  readonly last_dry_run: Run | null;
}
const jobs = async () => ((await call(stack, 'GET', '/jobs')).json as { jobs: readonly Job[] }).jobs;
const job = async (name: string) => (await jobs()).find((one) => one.name === name);
const ask = (path: string) => call(stack, 'POST', path);

/** What an answer of 200 tells, or of 202 in the end: a busy machine takes longer than a call waits. */
async function resultOf(path: string): Promise<Record<string, unknown>> {
  const answer = await ask(path);
  expect([200, 202], answer.text).toContain(answer.status);
  const body = answer.json as Record<string, unknown>;
  if (answer.status === 200) return body;
  const result: unknown = await client.workflow.getHandle(String(body['workflow_id'])).result();
  return result as Record<string, unknown>;
}

it('MAINTENANCE_TASK_QUEUE=off: the api starts no job on a disk and says why, the worker makes no schedule', async () => {
  const why = 'MAINTENANCE_TASK_QUEUE is off';
  const listed = (await jobs()).filter(({ name }) => DISK_JOBS.includes(name));
  expect(listed.map(({ on, why: told }) => [on, told])).toEqual(DISK_JOBS.map(() => [false, why]));
  expect(await ask('/backups')).toMatchObject({ status: 409, json: { code: 'JOB_OFF' } });
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
  expect(ids.filter((id) => DISK_JOBS.includes(id))).toEqual([]);
});

it('a job runs on the workers that have the disk: it waits for the first of them, and a dry run stays one', async () => {
  await stack.api.stop();
  await stack.restartApi(DISK);
  const { status, json } = await ask('/aged-files/cleanup?dry_run=true');
  expect([status, json]).toEqual([202, { workflow_id: 'aged-files-cleanup-manual', workflow_url: null }]);
  expect((await job('aged-files-cleanup'))?.last_dry_run).toBeNull();

  disk = await startWorker({ ...stack.settings, ...DISK, WORKER_METRICS_PORT: undefined });
  const result = await client.workflow.getHandle('aged-files-cleanup-manual').result();
  expect(result).toMatchObject({ deleted_count: 1, dry_run: true });
  expect(existsSync(aged)).toBe(true);
  expect(await resultOf('/aged-files/cleanup')).toMatchObject({ deleted_count: 1, dry_run: false });
  expect(existsSync(aged)).toBe(false);
});

it('conversations: the retention that is asked for counts, not the one that is configured', async () => {
  const saver = await startSaver(memory);
  await chat(saver, 'a thread', [Date.now() - THREAD_DAYS * DAY_MS]);
  await saver.close();
  const clean = (days: number) => resultOf(`/conversations/cleanup?retention_days=${days}`);
  expect(await clean(THREAD_DAYS + 1)).toMatchObject({ sessions_deleted: 0, sessions_remaining: 1 });
  expect(await clean(THREAD_DAYS - 1)).toMatchObject({ sessions_deleted: 1, sessions_remaining: 0 });
});

it('backups: those of the schedule are no manual ones, and each run is told of whole', async () => {
  const names = async () =>
    ((await call(stack, 'GET', '/backups')).json as { filename: string }[]).map(({ filename }) => filename);
  const schedule = client.schedule.getHandle('backups');
  await until(() => schedule.describe().catch(() => undefined), {
    describe: 'the schedule',
    deadlineMs: 30_000,
  });
  await schedule.trigger();
  await until(async () => (await names()).length === 2, { describe: 'both kinds', deadlineMs: 30_000 });
  expect((await names()).filter((name) => name.includes('manual'))).toEqual([]);
  await resultOf('/backups');
  expect((await names()).filter((name) => name.includes('_manual'))).toHaveLength(2);
  const lines = () =>
    disk.part
      .logTail(10_000)
      .split('\n')
      .filter((line) => line.includes('"backups_completed"'));
  await until(() => lines().length === 2, { describe: 'a line for each run' });
  expect(lines().map((line) => (JSON.parse(line) as { backups: unknown[] }).backups.length)).toEqual([2, 2]);
});
