/** A worker that may remember two workflows looks after twenty; and a new run goes on where the last one was. */
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  changedSignal,
  leaseQuery,
  releaseSignal,
  renewSignal,
  trackSignal,
  type LeaseAnswer,
} from '../../workflows/messages.ts';
import { query } from '../support/databases.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, leasesOf, post, show, upload } from './session-calls.ts';

const SESSIONS = 20;
const LEASE_SECONDS = 14;

let stack: Stack;
let connection: Connection;
let temporal: TemporalClient;

beforeAll(async () => {
  stack = await startStack({
    LEASE_SECONDS,
    MAX_CACHED_WORKFLOWS: 2,
    CONFIRM_GONE_SECONDS: 1,
    YOUNG_OBJECT_SECONDS: 0,
    OUTBOX_POLL_SECONDS: 1,
  });
  connection = await Connection.connect({ address: stack.temporalAddress });
  temporal = new TemporalClient({ connection, namespace: stack.namespace });
});
afterAll(() => connection.close());

const workflow = (id: string) => temporal.workflow.getHandle(`session/${id}`);

it('twenty sessions live, are signalled and end through a cache of two workflows', async () => {
  const ids = Array.from({ length: SESSIONS }, (_, index) => `many-${index}`);
  const held = await Promise.all(ids.map((id) => acquire(stack, id)));
  const files = await Promise.all(ids.map(() => upload(stack)));
  const before = await Promise.all(ids.map((id) => show(stack, id)));
  await until(
    async () =>
      (await query(stack.databaseUrl, `SELECT FROM lease WHERE seen_version = wanted_version`)).length ===
      SESSIONS,
    { describe: 'every workflow has looked', everyMs: 20 },
  );
  await Promise.all(ids.map((id, index) => workflow(id).signal(trackSignal, [files[index] ?? ''])));
  const released = ids.slice(0, 5);
  const renewed = ids.slice(5);
  await until(
    async () => (await Promise.all(ids.map((id) => show(stack, id)))).every((one) => one.files.length === 1),
    { describe: 'every file tracked by its signal', deadlineMs: 30_000 },
  );
  await Promise.all([
    ...released.map((id) => workflow(id).signal(releaseSignal)),
    ...renewed.map((id) => workflow(id).signal(renewSignal)),
  ]);
  await until(
    async () => (await query(stack.databaseUrl, `SELECT FROM lease WHERE state <> 'closed'`)).length === 0,
    { describe: 'every lease closed', deadlineMs: 45_000 },
  );
  for (const [index, id] of ids.entries()) {
    const [lease, ...more] = await leasesOf(stack, id);
    expect(more).toEqual([]);
    expect(lease?.end_reason, id).toBe(released.includes(id) ? 'released' : 'expired');
    expect((await show(stack, id)).deleted_files).toEqual([files[index]]);
    if (renewed.includes(id)) {
      expect(Number(lease?.ended_at)).toBeGreaterThan(Date.parse(before[index]?.expires_at ?? ''));
    }
  }
  const { stores } = await stack.simulator.control.state();
  expect(stores.filter((store) => held.some((one) => one.vector_store_id === store.id))).toEqual([]);
  await Promise.all(ids.map((id) => workflow(id).result()));
}, 120_000);

it('what the workflow shows and the ledger holds is the same before and after continue-as-new', async () => {
  const id = 'long';
  const { leaseId } = await acquire(stack, id, { protected: true });
  await until(async () => (await workflow(id).query(leaseQuery)).lease_id === leaseId, { describe: 'seen' });
  await workflow(id).signal(trackSignal, ['file-1', 'file-2']);
  await until(async () => (await show(stack, id)).files.length === 2, { describe: 'tracked' });
  const timeless = ({ looked_at: _, ...rest }: LeaseAnswer) => rest;
  const picture = async () => ({
    shown: timeless(await workflow(id).query(leaseQuery)),
    lease: await show(stack, id),
  });
  const before = await picture();
  const { runId } = await workflow(id).describe();
  let signals = 0;
  while ((await workflow(id).describe()).runId === runId) {
    await workflow(id).signal(changedSignal);
    expect((signals += 1)).toBeLessThan(200);
  }
  const events = (await temporal.workflow.getHandle(`session/${id}`, runId).fetchHistory()).events ?? [];
  expect(events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes).toBeDefined();
  await until(async () => (await workflow(id).query(leaseQuery)).lease_id === leaseId, {
    describe: 'the new run has looked',
  });
  expect(await picture()).toEqual(before);

  await post(stack, id, 'unprotect');
  await until(async () => (await show(stack, id)).state === 'closed', {
    describe: 'the new run ends the lease',
    deadlineMs: 45_000,
  });
}, 120_000);
