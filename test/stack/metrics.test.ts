/** `/metrics` of api and worker: every number that operators are promised exists, and moves when it should. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { scratchDirectory } from '../support/parts.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { scrape, scrapeText, total, type Samples } from './scrape.ts';
import { acquire, post, show, track, upload } from './session-calls.ts';

const LEASE_SECONDS = 5;

let stack: Stack;
let before: { api: Samples; worker: Samples };
let after: { api: Samples; worker: Samples };

async function scrapeBoth() {
  const [api, worker] = await Promise.all([scrape(stack.api.url), scrape(stack.worker.url)]);
  return { api, worker };
}

const moved = (program: 'api' | 'worker', metric: string, ...parts: readonly string[]) =>
  total(after[program], metric, ...parts) - total(before[program], metric, ...parts);

beforeAll(async () => {
  stack = await startStack({
    LEASE_SECONDS,
    CONFIRM_GONE_SECONDS: 1,
    YOUNG_OBJECT_SECONDS: 0,
    OUTBOX_POLL_SECONDS: 1,
    AGED_FILES_DIR: scratchDirectory('aged'),
    DATABASE_BACKUP_CRON: 'off',
  });
  const { control } = stack.simulator;
  before = await scrapeBoth();
  await acquire(stack, 'one');
  await acquire(stack, 'one');
  await track(stack, 'one', [await upload(stack)]);
  await post(stack, 'one', 'renew');
  await post(stack, 'one', 'renew');
  await control.setFault({ match: { operation: 'create_store' }, fault: { kind: 'status', status: 400 } });
  expect((await post(stack, 'refused', 'acquire')).status).toBe(502);
  await control.setFault({
    match: { operation: 'create_store' },
    fault: { kind: 'status', status: 429, retry_after: 3 },
  });
  const throttled = await post(stack, 'throttled', 'acquire');
  expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([503, '3']);
  await control.setFault({ match: { operation: 'delete_store' }, fault: { kind: 'status', status: 500 } });
  await until(async () => (await show(stack, 'one')).state === 'closed', {
    describe: 'expired and gone',
    deadlineMs: 40_000,
  });
  await acquire(stack, 'guarded', { protected: true });
  after = await scrapeBoth();
}, 120_000);

it.each([
  ['new', 2],
  ['reused', 1],
  ['refused', 1],
  ['failed', 1],
])('acquires: %s', (outcome, count) => {
  expect(moved('api', 'loiter_killer_acquires_total', `outcome="${outcome}"`)).toBe(count);
});

it('renewals, written and unwritten apart', () => {
  const written = moved('api', 'loiter_killer_renewals_total', 'kind="written"');
  const unwritten = moved('api', 'loiter_killer_renewals_total', 'kind="unwritten"');
  expect(written + unwritten).toBe(2);
  expect(before.api.has('loiter_killer_renewals_total{kind="written"}')).toBe(true);
  expect(before.api.has('loiter_killer_renewals_total{kind="unwritten"}')).toBe(true);
});

it('how late deadlines were noticed and how late everything was gone, and how long drains took', () => {
  expect(moved('worker', 'loiter_killer_deadline_to_draining_seconds_count')).toBe(1);
  expect(moved('worker', 'loiter_killer_deadline_to_gone_seconds_count')).toBeGreaterThanOrEqual(1);
  expect(moved('worker', 'loiter_killer_drain_duration_seconds_count')).toBeGreaterThanOrEqual(1);
  expect(moved('worker', 'loiter_killer_drain_duration_seconds_sum')).toBeGreaterThan(0);
  expect(moved('worker', 'loiter_killer_drain_failures_total')).toBeGreaterThanOrEqual(1);
});

it('provider calls by operation and outcome, where they are made', () => {
  const calls = 'loiter_killer_provider_call_duration_seconds_count';
  expect(moved('api', calls, 'create')).toBe(4);
  expect(moved('api', calls, 'create', 'outcome="ok"')).toBe(2);
  expect(moved('worker', calls, 'delete', 'file')).toBe(1);
  expect(moved('worker', calls, 'delete', 'store')).toBeGreaterThanOrEqual(2);
});

it('gauges over the ledger in the api only', () => {
  expect(total(after.api, 'loiter_killer_leases{', 'state="active"')).toBe(1);
  expect(after.api.get('loiter_killer_ledger_up')).toBe(1);
  for (const gauge of ['loiter_killer_leases_stuck', 'loiter_killer_leases_unowned']) {
    expect(after.api.has(gauge), gauge).toBe(true);
    expect(after.worker.has(gauge), gauge).toBe(false);
  }
});

it('everything that ops/alerts.yaml asks for, and nothing that ops/grafana.json leaves out', async () => {
  const ops = (file: string) => readFileSync(new URL(`../../ops/${file}`, import.meta.url), 'utf8');
  const asked = [...new Set(ops('alerts.yaml').match(/\bloiter_killer_[a-z_]+/g))];
  expect(asked.length).toBeGreaterThan(7);
  const texts = await Promise.all([stack.api, stack.worker].map(({ url }) => scrapeText(url)));
  // A metric of which there is nothing to tell yet, such as the last success of a job, has a name and no series.
  const names = texts.flatMap((text) => [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  const scraped = [...after.api.keys(), ...after.worker.keys()];
  const isThere = (name: string) => names.includes(name) || scraped.some((series) => series.startsWith(name));
  expect(asked.filter((name) => !isThere(name))).toEqual([]);
  const ours = names.filter((name) => /^(loiter_killer|mcp_file)_/.test(name));
  const board = ops('grafana.json');
  expect(ours.filter((name) => !new RegExp(`\\b${name}(_bucket|_count|_sum)?\\b`).test(board))).toEqual([]);
});

it('gauges over the jobs in the api, over the directories in the worker', async () => {
  const directories = await until(
    async () => {
      const worker = await scrape(stack.worker.url);
      return worker.has('loiter_killer_directory_bytes{directory="data"}') && worker;
    },
    { describe: 'the directory of the worker is measured' },
  );
  for (const metric of ['free_bytes', 'filesystem_bytes'])
    expect(directories.get(`loiter_killer_directory_${metric}{directory="data"}`), metric).toBeGreaterThan(0);
  const period = (job: string) => after.api.get(`loiter_killer_job_period_seconds{job_name="${job}"}`);
  expect([period('prune-history'), period('aged-files-cleanup')]).toEqual([86_400, 3_600]);
  // Nothing is configured for one, and the other runs only when somebody asks.
  expect([period('results-cleanup'), period('backups')]).toEqual([undefined, undefined]);
  expect(
    [...after.worker.keys()].filter((series) => /^loiter_killer_job_(last|period)/.test(series)),
  ).toEqual([]);
  expect([...after.api.keys()].filter((series) => series.startsWith('loiter_killer_directory'))).toEqual([]);
});

it('pool, HTTP and process', () => {
  for (const samples of [after.api, after.worker]) {
    expect(total(samples, 'loiter_killer_ledger_pool_connections')).toBeGreaterThan(0);
    expect(total(samples, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(total(samples, 'nodejs_eventloop_lag_seconds')).toBeGreaterThan(0);
  }
  const http = 'loiter_killer_http_request_duration_seconds_count';
  expect(moved('api', http, 'renew', 'status="2xx"')).toBe(2);
});
