/** The sweep in the whole service: on its schedule, started by hand, and what it shows. */
import { Client, Connection } from '@temporalio/client';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TEST_MODE_KEY } from '../../config/index.ts';
import { TAG_INSTANCE, TAG_LEASE } from '../../domain/store-tags.ts';
import { SWEEP_SCHEDULE } from '../../workflows/messages.ts';
import { query } from '../support/databases.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { eventually, until } from '../support/until.ts';
import { acquire, call, post, show } from './session-calls.ts';

let stack: Stack;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  stack = await startStack({ ORPHAN_MIN_AGE_SECONDS: 0, YOUNG_OBJECT_SECONDS: 0 });
  connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection, namespace: stack.namespace });
});
afterAll(async () => {
  await connection.close();
});

/** A store with the tag of a lease that is closed. */
async function orphan(): Promise<string> {
  const { leaseId } = await acquire(stack, 'ended');
  await post(stack, 'ended', 'release');
  await until(async () => (await show(stack, 'ended')).state === 'closed', {
    describe: 'the lease closed',
    deadlineMs: 30_000,
  });
  const [row] = await query<{ instance_id: string }>(
    stack.databaseUrl,
    'SELECT instance_id FROM installation',
  );
  const sdk = new OpenAI({ apiKey: TEST_MODE_KEY, baseURL: stack.simulator.baseUrl });
  const metadata = { [TAG_INSTANCE]: row?.instance_id ?? '', [TAG_LEASE]: leaseId ?? '' };
  return (await sdk.vectorStores.create({ name: 'left over', metadata })).id;
}

const finished = async () =>
  (await query(stack.databaseUrl, 'SELECT run_id FROM sweep_run WHERE finished_at IS NOT NULL')).length;
const isThere = async (storeId: string) =>
  (await stack.simulator.control.state()).stores.some(({ id }) => id === storeId);

async function trigger(): Promise<void> {
  const before = await finished();
  await client.schedule.getHandle(SWEEP_SCHEDULE).trigger();
  await until(async () => (await finished()) > before, { describe: 'the sweep ended', deadlineMs: 30_000 });
}

it('a schedule that is triggered deletes an orphan on the second run; calls and metrics tell of it', async () => {
  const storeId = await orphan();
  const dry = await call(stack, 'POST', '/sweep');
  expect(dry.status, dry.text).toBe(200);
  expect(dry.json).toMatchObject({ dry_run: true, valid: true, counts: { orphan: 1 }, actions: [] });
  await trigger();
  await until(async () => !(await isThere(storeId)), {
    describe: 'the orphan is deleted',
    deadlineMs: 30_000,
  });
  expect((await call(stack, 'GET', '/orphans')).json).toMatchObject({
    last_run: { dry_run: false, valid: true, actions: [{ store_id: storeId, action: 'delete' }] },
  });
  const worker = await (await fetch(`${stack.worker.url}/metrics`)).text();
  expect(worker).toContain('loiter_killer_stray_stores_deleted_total{reason="orphan"} 1');
  const api = (await call(stack, 'GET', '/metrics')).text;
  expect(api).toMatch(/^loiter_killer_sweep_last_success_timestamp_seconds 1\d{9}/m);
  const sweep = { id: SWEEP_SCHEDULE, present: true, paused: false, overdue: false };
  const schedules = { ok: true, schedules: expect.arrayContaining([expect.objectContaining(sweep)]) };
  await eventually(async () => {
    const ready = await call(stack, 'GET', '/health/ready');
    expect(ready.json).toMatchObject({ components: { schedules } });
  });
});

it('one at a time: a second one that is asked for meanwhile is 409', async () => {
  await stack.simulator.control.setFault({
    match: { operation: 'list_stores' },
    fault: { kind: 'hold', name: 'list' },
  });
  const first = call(stack, 'POST', '/sweep');
  await stack.simulator.control.waitForHeld('list');
  const second = await call(stack, 'POST', '/sweep');
  expect([second.status, second.json]).toMatchObject([409, { code: 'SWEEP_RUNNING' }]);
  await stack.simulator.control.release('list');
  expect((await first).status).toBe(200);
});

it('a restart brings a changed interval to the schedule and leaves it paused; resumed, it runs by itself', async () => {
  const handle = client.schedule.getHandle(SWEEP_SCHEDULE);
  await handle.pause('by an operator');
  await stack.worker.stop();
  await stack.restartWorker({ SWEEP_INTERVAL_SECONDS: 1 });
  await until(async () => (await handle.describe()).spec.intervals?.[0]?.every === 1_000, {
    describe: 'the schedule has the new interval',
    deadlineMs: 30_000,
  });
  const { state, policies } = await handle.describe();
  expect(state).toMatchObject({ paused: true, note: 'by an operator' });
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
  const before = await finished();
  await handle.unpause();
  await until(async () => (await finished()) > before, { describe: 'it runs by itself', deadlineMs: 30_000 });
});
