/** Moments: each test counts how often it hit the one it is about, and a miss is a failure. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { leaseQuery, type LeaseAnswer } from '../../../workflows/messages.ts';
import { until } from '../../support/until.ts';
import { createFakeLedger, type FakeLedger } from './fake-ledger.ts';
import { startHarness, type Harness } from './harness.ts';

let ledger: FakeLedger;
let harness: Harness;

beforeAll(async () => {
  ledger = createFakeLedger();
  harness = await startHarness({
    address: inject('temporalAddress'),
    activities: ledger.activities,
    maxCachedWorkflows: 2,
  });
});
afterAll(() => harness.stop());

/** Rounds of the closing race under way at one time. */
const AT_ONCE = 4;

const closed = (lease: string) => ledger.leases.get(lease)?.state === 'closed';

/** Rounds that must hit the moment, and the most that are played for it: a slow machine misses some. */
const HITS = 20;
const MOST_ROUNDS = 60;

test('a signal that lands in the closing task is never lost', async () => {
  const hits = new Set<string>();
  // The look that finds the first lease gone is the one of the closing task. It is held until the workflow has
  // the signal of the next lease, and then still tells of the time before.
  ledger.afterLook = async (session) => {
    const round = session.replace('closing-', '');
    if (!closed(`first-${round}`) || ledger.leases.has(`next-${round}`)) return;
    ledger.add(session, `next-${round}`, 300);
    await harness.handle(session).signal('changed');
    await until(() => hasDelivered(session), { describe: 'the signal delivered', everyMs: 100 });
    hits.add(round);
  };
  let played = 0;
  // A few at a time: each round's look has to end within its five seconds.
  while (hits.size < HITS && played < MOST_ROUNDS) {
    const names = Array.from({ length: AT_ONCE }, (_, index) => `closing-${played + index}`);
    played += AT_ONCE;
    for (const name of names) {
      ledger.add(name, name.replace('closing', 'first'), 0, { state: 'draining' });
    }
    // While a local activity runs, the workflow gets its signals at 80 % of the task's time-out.
    await Promise.all(names.map((name) => harness.wake(name, { workflowTaskTimeout: '2 seconds' })));
    await Promise.all(names.map((name) => harness.handle(name).result()));
  }
  ledger.afterLook = () => undefined;
  // A miss is no pass: the rounds that count are those that hit.
  expect(hits.size).toBeGreaterThanOrEqual(HITS);
  for (let round = 0; round < played; round += 1) expect(closed(`next-${round}`)).toBe(true);
});

/** Whether a workflow task began after the signal that came after the drain: until then it is only buffered. */
async function hasDelivered(session: string): Promise<boolean> {
  const { events } = await harness.handle(session).fetchHistory();
  const kinds = (events ?? []).map((event) => Object.keys(event).find((key) => key.endsWith('Attributes')));
  const drained = kinds.indexOf('activityTaskCompletedEventAttributes');
  const signal = kinds.indexOf('workflowExecutionSignaledEventAttributes', drained);
  return signal > drained && kinds.indexOf('workflowTaskStartedEventAttributes', signal) > signal;
}

test('a late release of the lease before does not end the next', async () => {
  const lease = ledger.add('late', 'late-1', 60_000);
  const handle = await harness.wake('late');
  await until(async () => (await handle.query(leaseQuery)).lease_id === 'late-1', { describe: 'first view' });
  lease.state = 'closed';
  ledger.add('late', 'late-2', 60_000);
  await handle.signal('release');
  await until(() => ledger.journal.includes('release late-1 released'), { describe: 'the release' });
  const answer = await until(
    async () => {
      const shown = await handle.query(leaseQuery);
      return shown.lease_id === 'late-2' && shown;
    },
    { describe: 'the next lease in view' },
  );
  expect(answer.state).toBe('active');
  await handle.signal('release');
  await handle.result();
});

test('continues as new at about 100 events, and nothing changes by it', async () => {
  ledger.add('long', 'long-1', 60_000);
  ledger.failing.set('long-0', 3_600_000);
  ledger.add('long', 'long-0', 0, { state: 'draining' });
  const handle = await harness.wake('long');
  await until(() => (ledger.leases.get('long-0')?.attempts ?? 0) > 0, { describe: 'a failed attempt' });
  const first = (await handle.describe()).runId;
  const timeless = ({ looked_at: _, ...rest }: LeaseAnswer) => rest;
  await harness.wake('long');
  const before = await until(
    async () => {
      const shown = await handle.query(leaseQuery);
      return shown.draining[0]?.attempts === 1 && timeless(shown);
    },
    { describe: 'attempts shown' },
  );
  let longest = 0;
  for (let signals = 0; (await handle.describe()).runId === first; signals += 1) {
    longest = Math.max(longest, (await handle.describe()).historyLength);
    expect(signals).toBeLessThan(200);
    await handle.signal('changed');
  }
  expect(longest).toBeGreaterThan(60);
  expect(longest).toBeLessThan(130);
  const after = await until(
    async () => {
      const shown = await handle.query(leaseQuery);
      return shown.state === 'active' && timeless(shown);
    },
    { describe: 'the view of the new run' },
  );
  expect(after).toEqual(before);
  // The new run has not tried again before the ledger said so.
  expect(ledger.leases.get('long-0')?.attempts).toBe(1);
  await handle.terminate();
});

test('twenty sessions at once live through a cache of two, a reset and a restart of the worker', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
  for (const name of names) ledger.add(name, `${name}-1`, 4_000, { files: ['file-1'] });
  const handles = await Promise.all(names.map((name) => harness.wake(name)));
  await until(() => names.every((name) => ledger.journal.includes(`reconcile ${name}`)), {
    describe: 'looks',
  });
  const [reset] = handles;
  if (reset === undefined) throw new Error('no session');
  const { runId } = await reset.describe();
  await harness.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: reset.workflowId, runId },
    reason: 'test',
    requestId: `${runId}-reset`,
    workflowTaskFinishEventId: (await firstTaskCompleted(reset.workflowId)) as never,
  });
  await harness.restart();
  await Promise.all(names.map((name) => harness.handle(name).result()));
  for (const name of names) expect(closed(`${name}-1`)).toBe(true);
});

async function firstTaskCompleted(workflowId: string): Promise<number> {
  const { events } = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  const index = events?.findIndex((event) => event.workflowTaskCompletedEventAttributes) ?? -1;
  return Number(events?.[index]?.eventId);
}
