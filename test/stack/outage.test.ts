/** The api is away when a lease falls due: its client cannot renew, so it is spared, and not for ever. */
import { beforeAll, expect, it } from 'vitest';
import { query } from '../support/databases.ts';
import { kill9 } from '../support/parts.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, leasesOf, post } from './session-calls.ts';

const LEASE_SECONDS = 6;
const GRACE_SECONDS = 12;
/** From due to draining, as in normal operation; the busy machine of a test gets some. */
const LATE_MS = 2_000;
/** After the grace: less than another grace, and than the outbox takes. */
const LATE_AFTER_GRACE_MS = 6_000;

let stack: Stack;
beforeAll(async () => {
  const timing = { LEASE_SECONDS, OUTAGE_GRACE_SECONDS: GRACE_SECONDS, OUTBOX_POLL_SECONDS: 1 };
  stack = await startStack({ ...timing, CONFIRM_GONE_SECONDS: 1, YOUNG_OBJECT_SECONDS: 2 });
});

/** Once its workflow knows it: what happens then is the workflow's doing. */
async function seenLease(id: string): Promise<number> {
  await acquire(stack, id);
  const seen = `SELECT FROM lease WHERE session_id = $1 AND seen_version > 0`;
  await until(async () => (await query(stack.databaseUrl, seen, [id])).length > 0, {
    describe: `${id} seen`,
  });
  return (await leasesOf(stack, id))[0]?.expires_at?.getTime() ?? 0;
}

async function endOf(id: string): Promise<number> {
  const ended = async () => (await leasesOf(stack, id))[0]?.ended_at?.getTime();
  return until(ended, { describe: `${id} drained`, deadlineMs: 45_000 });
}

async function isGone(id: string): Promise<void> {
  const closed = async () => (await leasesOf(stack, id))[0]?.state === 'closed';
  await until(closed, { describe: `${id} closed`, deadlineMs: 20_000 });
  const { stores } = await stack.simulator.control.state();
  const store = (await leasesOf(stack, id))[0]?.vector_store_id;
  expect(stores.map((one) => one.id)).not.toContain(store);
}

it('what fell due meanwhile can be renewed for the grace after it, and ends then', async () => {
  const deadline = await seenLease('forgotten');
  await seenLease('renewed');
  await kill9(stack.api.part);
  await until(() => Date.now() > deadline + LATE_MS, { describe: 'both are overdue', deadlineMs: 20_000 });
  const states = await query(stack.databaseUrl, 'SELECT state FROM lease');
  expect(states).toEqual([{ state: 'active' }, { state: 'active' }]);
  await stack.restartApi();
  expect((await post(stack, 'renewed', 'renew')).status).toBe(200);
  const end = await endOf('forgotten');
  const [outage] = await query<{ to_at: Date; spared_until: Date }>(
    stack.databaseUrl,
    'SELECT * FROM outage',
  );
  const [back, spared] = [outage?.to_at.getTime() ?? 0, outage?.spared_until.getTime() ?? 0];
  expect(back).toBeGreaterThan(deadline + LATE_MS);
  expect(spared).toBe(back + GRACE_SECONDS * 1_000);
  expect(end).toBeGreaterThanOrEqual(spared);
  expect(end).toBeLessThan(spared + LATE_AFTER_GRACE_MS);
  await isGone('forgotten');
});

it('a lease whose api does not come back ends the grace after its deadline, by the worker alone', async () => {
  const deadline = await seenLease('alone');
  expect(await stack.api.stop()).toBe('code 0');
  const end = await endOf('alone');
  expect(end).toBeGreaterThanOrEqual(deadline + GRACE_SECONDS * 1_000);
  expect(end).toBeLessThan(deadline + GRACE_SECONDS * 1_000 + LATE_AFTER_GRACE_MS);
  await isGone('alone');
});
