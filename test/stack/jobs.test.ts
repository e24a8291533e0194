/** The maintenance jobs in the whole service: by themselves, by their routes, and what is told of them. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JOBS, type MaintenanceJob } from '../../domain/jobs.ts';
import { JOB_WORKFLOWS } from '../../workflows/messages.ts';
import { query } from '../support/databases.ts';
import { scratchDirectory } from '../support/parts.ts';
import { startApi, type Program, type Settings } from '../support/programs.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { age, pair, past } from '../unit/maintenance/tree.ts';
import { startReceiver } from './report-receiver.ts';
import { call, type Answer } from './session-calls.ts';

const DAY_HOURS = 24;
let stack: Stack;
let connection: Connection;
let client: Client;
const places = { results: '', aged: '', backups: '', data: '' };

beforeAll(async () => {
  for (const name of ['results', 'aged', 'backups', 'data'] as const) {
    places[name] = scratchDirectory(`jobs-${name}`);
  }
  stack = await startStack({
    DATA_DIR: places.data,
    RESULTS_DIR: places.results,
    AGED_FILES_DIR: places.aged,
    BACKUP_DIR: places.backups,
    CHECKPOINT_DATABASE: `sqlite:${join(places.data, 'memory.db')}`,
    DATABASE_BACKUP_CRON: '0 2 * * *',
    TZ: 'Europe/Berlin',
  });
  connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection, namespace: stack.namespace });
});
afterAll(async () => {
  await connection.close();
});

const RUN_LIMIT_MS = 30_000;
const SIX_KEYS = ['checked_count', 'deleted_count', 'duration_ms', 'errors', 'freed_bytes', 'timestamp'];

interface JobAnswer {
  readonly name: string;
  readonly on: boolean;
  readonly why: string | null;
  readonly schedule: string | null;
  readonly paused: boolean;
  readonly next_run: string | null;
  readonly last_success_at: string | null;
  readonly last_run: { readonly succeeded: boolean; readonly result: unknown } | null;
  readonly last_dry_run: { readonly result: unknown } | null;
}

async function jobs(at: Pick<Stack, 'api'> = stack): Promise<ReadonlyMap<string, JobAnswer>> {
  const answer = await call(at, 'GET', '/jobs');
  expect(answer.status, answer.text).toBe(200);
  const body = answer.json as { jobs: JobAnswer[] };
  return new Map(body.jobs.map((job) => [job.name, job]));
}

const job = async (name: string) => (await jobs()).get(name);
const ran = async (name: string) => (await job(name))?.last_run?.result;
const ask = (path: string): Promise<Answer> => call(stack, 'POST', path);

/** Stops the worker, starts it again, and waits for the run over the results that begins with it. */
async function restartWorker(changes: Settings): Promise<void> {
  const before = (await job('results-cleanup'))?.last_success_at;
  await stack.worker.stop();
  await stack.restartWorker(changes);
  await until(async () => (await job('results-cleanup'))?.last_success_at !== before, {
    ...{ describe: 'the run at start has ended', deadlineMs: RUN_LIMIT_MS },
  });
}

/** As the route begins it, without its wait for the result. */
const begin = (name: MaintenanceJob) =>
  client.workflow.start(JOB_WORKFLOWS[name], {
    workflowId: `${name}-manual`,
    taskQueue: stack.taskQueue,
    args: [{ dryRun: false, taskQueue: `${stack.taskQueue}-maintenance` }],
  });

/** Lines of its log. */
const logOf = ({ part }: Program) => part.logTail(10_000).split('\n');

describe('by themselves', () => {
  it('every job is listed, with what the configuration and its schedule say', async () => {
    const listed = await jobs();
    expect([...listed.keys()]).toEqual([...JOBS, 'files-orphans-cleanup']);
    expect(listed.get('conversations-cleanup')).toMatchObject({
      ...{ on: true, why: null, schedule: '0 3 * * * (Europe/Berlin)', paused: false },
    });
    expect(listed.get('results-cleanup')).toMatchObject({ on: true, schedule: 'every 6 hours' });
    expect(listed.get('aged-files-cleanup')).toMatchObject({ on: true, schedule: 'every hour' });
    for (const name of JOBS) {
      expect(Date.parse(listed.get(name)?.next_run ?? ''), name).toBeGreaterThan(Date.now() - 60_000);
    }
    const berlin = new Intl.DateTimeFormat('en', {
      ...{ timeZone: 'Europe/Berlin', hour: 'numeric', hourCycle: 'h23' },
    } as const);
    expect(berlin.format(Date.parse(listed.get('backups')?.next_run ?? ''))).toBe('02');
    expect(listed.get('files-orphans-cleanup')).toMatchObject({ on: true, schedule: null, next_run: null });
    const said = logOf(stack.worker).filter((line) => line.includes('"scheduler_started"'));
    const told = said.map((line) => JSON.parse(line) as { jobs: { job: string; schedule: string }[] });
    const schedules = [...listed.values()].filter(({ name }) => name !== 'files-orphans-cleanup');
    expect(told.map((line) => line.jobs.map((one) => [one.job, one.schedule]))).toEqual([
      schedules.map(({ name, schedule }) => [name, schedule]),
    ]);
  });

  it('results are cleaned at start, and a run is reported once, however often it takes', async () => {
    const receiver = await startReceiver(2);
    await until(async () => Boolean((await job('results-cleanup'))?.last_run), {
      ...{ describe: 'the first run at start has ended', deadlineMs: RUN_LIMIT_MS },
    });
    const { result, metadata } = pair(join(places.results, 'a', 'old'), past());
    await restartWorker({ METRICS_URL: receiver.url });
    expect([existsSync(result), existsSync(metadata)]).toEqual([false, false]);
    const last = (await ran('results-cleanup')) as { deleted_count: number; duration_ms: number };
    await until(() => receiver.reports.some(({ taken }) => taken), {
      ...{ describe: 'it is reported', deadlineMs: RUN_LIMIT_MS },
    });
    expect(receiver.reports).toHaveLength(3);
    for (const { path, body } of receiver.reports) {
      expect(path).toBe('/track/cleanup');
      expect(Object.keys(body as object).toSorted()).toEqual(SIX_KEYS);
      expect(body).toMatchObject({ deleted_count: 1, duration_ms: last.duration_ms });
    }
  });
});

describe('when somebody asks', () => {
  // Nobody takes the report of its run at start: see the end.
  beforeAll(() => restartWorker({ METRICS_URL: 'http://127.0.0.1:1/' }));

  it('results: a dry run changes and counts nothing, a run does, and totals tell of it', async () => {
    const { result, bytes } = pair(join(places.results, 'b', 'old'), past());
    const { json: before } = await call(stack, 'GET', '/results/stats');
    const dry = await ask('/results/cleanup?dry_run=true');
    expect(dry).toMatchObject({ status: 200, json: { deleted_count: 1, freed_bytes: bytes, dry_run: true } });
    expect(existsSync(result)).toBe(true);
    expect((await call(stack, 'GET', '/results/stats')).json).toEqual(before);
    const wet = await ask('/results/cleanup');
    expect(wet, wet.text).toMatchObject({
      status: 200,
      json: { deleted_count: 1, freed_bytes: bytes, checked_count: 1, errors: 0, dry_run: false },
    });
    const stats = (await call(stack, 'GET', '/results/stats')).json as Record<string, number>;
    const earlier = before as Record<string, number>;
    expect(stats).toMatchObject({ running: true, check_interval_hours: 6, cache_directory: places.results });
    expect(stats['total_deleted']).toBe((earlier['total_deleted'] ?? 0) + 1);
    expect(stats['total_cleanups']).toBe((earlier['total_cleanups'] ?? 0) + 1);
    expect(await ran('results-cleanup')).toEqual(wet.json);
    expect((await job('results-cleanup'))?.last_dry_run?.result).toEqual(dry.json);
  });

  it('aged files go, young ones stay', async () => {
    const [old, young] = [join(places.aged, 'old.mp3'), join(places.aged, 'young.mp3')];
    for (const path of [old, young]) writeFileSync(path, 'x');
    age(old, DAY_HOURS + 1);
    age(young, DAY_HOURS - 1);
    const answer = await ask('/aged-files/cleanup');
    expect(answer).toMatchObject({ status: 200, json: { deleted_count: 1, checked_count: 2 } });
    expect(readdirSync(places.aged)).toEqual(['young.mp3']);
  });

  it('conversations: a database that is not there is no error, a retention of 0 is one', async () => {
    const zeros = { sessions_deleted: 0, checkpoints_deleted: 0, errors: [], sessions_remaining: 0 };
    expect(await ask('/conversations/cleanup?dry_run=true&retention_days=3')).toMatchObject({
      ...{ status: 200, json: { ...zeros, dry_run: true } },
    });
    expect((await ask('/conversations/cleanup?retention_days=0')).status).toBe(422);
    expect((await ask('/conversations/cleanup?retention_days=1.5')).status).toBe(422);
  });

  it('backups: ten at once are ten files, listed newest first', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => ask('/backups')));
    expect(made.map(({ status }) => status).filter((status) => status !== 200 && status !== 202)).toEqual([]);
    const all = async () =>
      (await call(stack, 'GET', '/backups')).json as { filename: string; path: string }[];
    await until(async () => readdirSync(places.backups).length > 0 && (await all()).length >= 7, {
      ...{ describe: 'as many as are kept', deadlineMs: RUN_LIMIT_MS },
    });
    const names = (await all()).map(({ filename }) => filename);
    expect(names).toEqual(names.toSorted().reverse());
    expect(names.every((name) => /^ledger_backup_\d{8}_\d{6}_\d{3}_manual\.tar\.gz$/.test(name))).toBe(true);
    expect((await job('backups'))?.last_run).toMatchObject({
      succeeded: true,
      result: { skipped: [{ kind: 'memory', reason: 'no_such_file' }], errors: [] },
    });
  });

  it('every other job has its result in the list too', async () => {
    await ask('/sweep');
    await ask('/files/orphans/cleanup');
    await client.workflow.start('pruneHistory', { workflowId: 'prune-now', taskQueue: stack.taskQueue });
    await client.workflow.getHandle('prune-now').result();
    expect((await job('sweep'))?.last_dry_run?.result).toMatchObject({ valid: true, dry_run: true });
    expect(await ran('files-orphans-cleanup')).toMatchObject({ files_marked: 0, errors: [] });
    expect(await ran('prune-history')).toEqual({ leases_pruned: 0 });
  });
});

describe('what stands in the way', () => {
  it('a database that is locked is tried again until it is not', async () => {
    const database = new DatabaseSync(join(places.data, 'memory.db'));
    database.exec('CREATE TABLE other (id); BEGIN EXCLUSIVE');
    await begin('conversations-cleanup');
    await until(async () => (await job('conversations-cleanup'))?.last_run?.succeeded === false, {
      ...{ describe: 'the first try fails', deadlineMs: RUN_LIMIT_MS },
    });
    expect(await ran('conversations-cleanup')).toMatchObject({ errors: ['Database error'] });
    database.exec('ROLLBACK');
    database.close();
    await until(async () => (await job('conversations-cleanup'))?.last_run?.succeeded === true, {
      ...{ describe: 'a later one does not', deadlineMs: RUN_LIMIT_MS },
    });
  });

  it('a run over the directory that somebody else has begun is waited for', async () => {
    const before = (await job('results-cleanup'))?.last_success_at;
    const hold = `UPDATE results_directory SET run_id = 'other', run_token = gen_random_uuid(),
      pulse_at = clock_timestamp() + interval '1 hour'`;
    await query(stack.databaseUrl, hold);
    await begin('results-cleanup');
    expect((await job('results-cleanup'))?.last_success_at).toBe(before);
    expect((await ask('/results/cleanup')).json).toMatchObject({ code: 'JOB_RUNNING' });
    const free = `UPDATE results_directory SET run_id = NULL, run_token = NULL, pulse_at = NULL`;
    await query(stack.databaseUrl, free);
    await until(async () => (await job('results-cleanup'))?.last_success_at !== before, {
      ...{ describe: 'its own run has ended', deadlineMs: RUN_LIMIT_MS },
    });
  });
});

describe('an api that waits for nothing', () => {
  let other: Program;
  beforeAll(async () => {
    const settings = Object.entries(stack.settings).filter(([name]) => name !== 'RESULTS_DIR');
    const CHECKPOINT_DATABASE = stack.databaseUrl;
    const changes = { CLEANUP_WAIT_SECONDS: 0, AGED_FILES_DIR: '/', CHECKPOINT_DATABASE };
    other = await startApi({ ...Object.fromEntries(settings), ...changes });
  });

  it('names the workflow, one of each job at a time; the result comes into the list', async () => {
    const before = (await job('conversations-cleanup'))?.last_success_at ?? null;
    const first = await call({ api: other }, 'POST', '/conversations/cleanup');
    expect([first.status, first.json]).toEqual([
      202,
      { workflow_id: 'conversations-cleanup-manual', workflow_url: null },
    ]);
    await until(async () => (await job('conversations-cleanup'))?.last_success_at !== before, {
      ...{ describe: 'its result is in the list', deadlineMs: RUN_LIMIT_MS },
    });
    for (const path of ['/sweep?dry_run=true', '/files/cleanup?dry_run=true', '/backups']) {
      const answer = await call({ api: other }, 'POST', path);
      expect(answer, path).toMatchObject({ status: 202, json: { workflow_url: null } });
    }
  });

  it('says why a job is off, in the list and to whoever asks for it', async () => {
    const listed = await jobs({ api: other });
    expect(listed.get('results-cleanup')).toMatchObject({ on: false, why: 'RESULTS_DIR is not set' });
    expect(listed.get('aged-files-cleanup')).toMatchObject({
      ...{ on: false, why: 'AGED_FILES_DIR: / is the root directory' },
    });
    expect(listed.get('backups')).toMatchObject({
      ...{ on: true, notes: [expect.stringContaining('CHECKPOINT_DATABASE is a PostgreSQL database')] },
    });
    for (const name of ['results', 'aged-files']) {
      const answer = await call({ api: other }, 'POST', `/${name}/cleanup`);
      expect(answer).toMatchObject({ status: 409, json: { code: 'JOB_OFF' } });
    }
    const stats = await call({ api: other }, 'GET', '/results/stats');
    expect(stats.json).toMatchObject({ running: false, cache_directory: null, total_cleanups: 0 });
  });
});

it('a report that nobody takes is one warning, and fails no run', async () => {
  const told = () => logOf(stack.worker).filter((line) => line.includes('cleanup_report_failed'));
  await until(() => told().length > 0, { describe: 'the warning', deadlineMs: 2 * RUN_LIMIT_MS });
  const warnings = logOf(stack.worker).filter((line) => /"level":"(warn|error)"/.test(line));
  // The SDK warns of each worker without workflows; the database was locked by us.
  const expected = /No workflows registered|session_cleanup_failed/;
  expect(warnings.filter((line) => !expected.test(line))).toEqual(told());
  expect(told()).toHaveLength(1);
  for await (const { status, type } of client.workflow.list()) {
    expect([type, status.name]).not.toEqual([type, 'FAILED']);
  }
});
