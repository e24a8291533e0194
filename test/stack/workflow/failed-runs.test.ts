import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { leaseQuery } from '../../../workflows/messages.ts';
import { until } from '../../support/until.ts';
import { createFakeLedger, type FakeLedger } from './fake-ledger.ts';
import { bundleOf, startHarness, type Harness } from './harness.ts';

let ledger: FakeLedger;
let harness: Harness;

beforeAll(async () => {
  ledger = createFakeLedger();
  harness = await startHarness({ address: inject('temporalAddress'), activities: ledger.activities });
});
afterAll(() => harness.stop());

test('a session of another installation fails its workflow at once and visibly', async () => {
  ledger.before = () => {
    throw ApplicationFailure.nonRetryable(
      'This workflow belongs to another installation.',
      'INSTANCE_MISMATCH',
    );
  };
  const handle = await harness.wake('foreign');
  const error: unknown = await handle.result().catch((failure: unknown) => failure);
  ledger.before = () => undefined;
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'INSTANCE_MISMATCH' });
});

test('a session started by hand without input fails at once', async () => {
  const start = harness.client.workflow.execute('session', {
    workflowId: 'session/by-hand',
    taskQueue: harness.taskQueue,
  });
  await expect(start).rejects.toMatchObject({ cause: { type: 'REQUEST_INVALID' } });
});

test('a run whose code changed under it fails, and the next wake starts a fresh one', async () => {
  ledger.add('changed', 'changed-1', 60_000);
  const handle = await harness.wake('changed');
  // Asked as a query, which is answered once the look is in the history.
  await until(async () => (await handle.query(leaseQuery)).state === 'active', { describe: 'a look' });
  await harness.restart(await bundleOf(fileURLToPath(new URL('other-session.ts', import.meta.url))));
  await harness.wake('changed');
  const status = await until(
    async () => {
      const { status: now } = await handle.describe();
      return now.name === 'FAILED' && now.name;
    },
    { describe: 'the run failed', deadlineMs: 40_000 },
  );
  expect(status).toBe('FAILED');
  await harness.restart();
  await harness.wake('changed');
  const fresh = harness.handle('changed');
  await fresh.signal('release');
  await fresh.result();
  expect(ledger.leases.get('changed-1')?.state).toBe('closed');
});
