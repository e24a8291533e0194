/**
 * The closing race on the real stack: a new lease, and late releases of the one before, reach a workflow that has
 * just seen that nothing is left. Its last look is held in the database after it has read, so that each round hits
 * the moment; the server's refusal of the closing task is the proof.
 */
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseQuery, releaseSignal } from '../../workflows/messages.ts';
import { query } from '../support/databases.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, post, show, type Acquired } from './session-calls.ts';

const LEASE_SECONDS = 5;
/** Number of the advisory lock; any will do. */
const HOLD = 77;
/** WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND of Temporal's api. */
const UNHANDLED_COMMAND = 1;

type LateReleases = (id: string, first: Acquired) => Promise<void>;

/** Statement triggers fire also where no row is met, after the statement has read what it answers. */
const TRIGGER = `
CREATE TABLE held_session (session_id text);
CREATE FUNCTION hold_last_look() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
BEGIN
  IF current_setting('application_name') = 'loiter-killer-worker' AND current_query() LIKE '%reconciled_at = %'
    AND EXISTS (SELECT FROM held_session h WHERE EXISTS (SELECT FROM lease l WHERE l.session_id = h.session_id)
      AND NOT EXISTS (SELECT FROM lease l WHERE l.session_id = h.session_id AND l.state <> 'closed'))
  THEN
    PERFORM pg_advisory_xact_lock_shared(${HOLD});
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER hold_last_look AFTER UPDATE ON lease FOR EACH STATEMENT EXECUTE FUNCTION hold_last_look();`;

let stack: Stack;
let connection: Connection;
let temporal: TemporalClient;
let holder: Client;

beforeAll(async () => {
  stack = await startStack({ LEASE_SECONDS, CONFIRM_GONE_SECONDS: 1, YOUNG_OBJECT_SECONDS: 0 });
  connection = await Connection.connect({ address: stack.temporalAddress });
  temporal = new TemporalClient({ connection, namespace: stack.namespace });
  holder = new Client({ connectionString: stack.databaseUrl });
  await holder.connect();
  await query(stack.databaseUrl, TRIGGER);
});
afterAll(async () => {
  await holder.end();
  await connection.close();
});

const workflow = (id: string) => temporal.workflow.getHandle(`session/${id}`);

/** Has the lease end, and resolves when the workflow's last look has read that nothing is left. */
async function heldAtTheEnd(id: string): Promise<Acquired> {
  await holder.query(`SELECT pg_advisory_lock(${HOLD})`);
  const first = await acquire(stack, id);
  await until(async () => (await workflow(id).query(leaseQuery)).lease_id === first.leaseId, {
    describe: 'the first lease in view',
  });
  await holder.query('INSERT INTO held_session VALUES ($1)', [id]);
  await post(stack, id, 'release');
  const waiting = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${HOLD} AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  await until(async () => (await holder.query(waiting)).rowCount === 1, {
    describe: 'the last look held',
    everyMs: 10,
  });
  return first;
}

async function letGo(): Promise<void> {
  await holder.query('DELETE FROM held_session');
  await holder.query(`SELECT pg_advisory_unlock(${HOLD})`);
}

/** How often the server refused to close the run, because signals had come meanwhile. */
async function refusals(id: string): Promise<number> {
  const { events } = await workflow(id).fetchHistory();
  const causes = (events ?? []).map((event) => event.workflowTaskFailedEventAttributes?.cause ?? null);
  return causes.filter((cause) => Number(cause) === UNHANDLED_COMMAND).length;
}

/** The new lease is looked after: its workflow knows it and ends it soon after its own deadline. */
async function livesOn(id: string, first: Acquired, next: Acquired): Promise<void> {
  expect(next).toMatchObject({ reused: false });
  expect(next.vector_store_id).not.toBe(first.vector_store_id);
  await until(async () => (await workflow(id).query(leaseQuery)).lease_id === next.leaseId, {
    describe: 'the new lease in view',
  });
  await workflow(id).signal(releaseSignal, { lease_id: first.leaseId });
  expect((await post(stack, id, 'renew', { headers: { 'x-lease-id': next.leaseId } })).status).toBe(200);
  const deadline = Date.parse((await show(stack, id)).expires_at ?? '');
  const ended = await until(
    async () => {
      const lease = await show(stack, id);
      return lease.state === 'closed' ? lease : null;
    },
    // The outbox would come to a lease without a workflow 30 s after its deadline.
    { describe: 'the new lease ended by its own deadline', deadlineMs: 25_000 },
  );
  expect(ended).toMatchObject({ lease_id: next.leaseId, end_reason: 'expired' });
  expect(Date.parse(ended.ended_at ?? '')).toBeGreaterThanOrEqual(deadline);
}

/** One round; true when the run was about to close and the server refused it. */
async function round(id: string, lateReleases: LateReleases): Promise<boolean> {
  const first = await heldAtTheEnd(id);
  const next = await acquire(stack, id);
  await lateReleases(id, first);
  await letGo();
  await livesOn(id, first, next);
  return (await refusals(id)) === 1;
}

/** The database ends a statement after 2 s: on a machine too busy to act within them the round is repeated. */
async function untilHit(name: string, lateReleases: LateReleases): Promise<void> {
  let hit = false;
  for (let n = 0; n < 4 && !hit; n += 1) {
    hit = await round(`${name}-${n}`, lateReleases);
  }
  expect(hit).toBe(true);
}

it(
  'a new lease and late releases that name the one before reach the closing task',
  { timeout: 120_000 },
  async () => {
    await untilHit('named', async (id, first) => {
      await workflow(id).signal(releaseSignal, { lease_id: first.leaseId });
      const late = await post(stack, id, 'release', { headers: { 'x-lease-id': first.leaseId } });
      expect([late.status, late.json]).toMatchObject([409, { code: 'LEASE_REPLACED' }]);
    });
  },
);

it('a new lease and a late release that names none', { timeout: 120_000 }, async () => {
  await untilHit('bare', (id) => workflow(id).signal(releaseSignal));
});
