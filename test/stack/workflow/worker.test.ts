/** The worker as a program: a lease's life with every part real. A Temporal that is wiped: `away.test.ts`. */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SESSION_WORKFLOW } from '../../../workflows/messages.ts';
import { query } from '../../support/databases.ts';
import { startStack, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

interface LeaseRow {
  state: string;
  end_reason: string | null;
}

const rows = (stack: Stack, session: string) =>
  query<LeaseRow>(stack.databaseUrl, 'SELECT state, end_reason FROM lease WHERE session_id = $1', [session]);

async function acquire(stack: Stack, session: string, body: object = {}): Promise<string> {
  const response = await fetch(`${stack.api.url}/session/${session}/acquire`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { vector_store_id: string }).vector_store_id;
}

async function isClosed(stack: Stack, session: string): Promise<boolean> {
  return (await rows(stack, session)).every(({ state }) => state === 'closed');
}

describe('with Temporal there', () => {
  let stack: Stack;
  let client: Client;
  beforeAll(async () => {
    stack = await startStack({ LEASE_SECONDS: 2 });
    const connection = await Connection.connect({ address: stack.temporalAddress });
    client = new Client({ connection, namespace: stack.namespace });
  });
  afterAll(async () => {
    await client.connection.close();
    await stack.stop();
  });

  test('a lease expires, its store is deleted, its workflow completes and can be found', async () => {
    const store = await acquire(stack, 'whole');
    await until(() => isClosed(stack, 'whole'), { describe: 'the lease closed' });
    expect((await rows(stack, 'whole'))[0]?.end_reason).toBe('expired');
    await stack.simulator.control.waitForJournal((entry) => JSON.stringify(entry).includes(store));
    const found = await until(
      async () => {
        for await (const run of client.workflow.list({ query: 'SessionId = "whole"' })) {
          if (run.status.name === 'COMPLETED') return run;
        }
        return null;
      },
      { describe: 'the run in the list' },
    );
    expect(found.workflowId).toBe('session/whole');
    expect(found.searchAttributes['LeaseState']).toEqual(['closed']);
    expect(found.searchAttributes['VectorStoreId']).toEqual([store]);
  });

  test('a workflow from before the search attributes gets them at its next look', async () => {
    await acquire(stack, 'old', { protected: true });
    const [{ instance_id } = { instance_id: '' }] = await query<{ instance_id: string }>(
      stack.databaseUrl,
      'SELECT instance_id FROM installation',
    );
    const { taskQueue } = stack;
    await client.workflow.start(SESSION_WORKFLOW, {
      workflowId: 'session/old',
      taskQueue,
      args: [{ sessionId: 'old', instanceId: instance_id, searchAttributes: false }],
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    });
    const isFound = async () => {
      for await (const run of client.workflow.list({ query: 'SessionId = "old"' })) {
        if (run.searchAttributes['LeaseState']?.[0] === 'active' && run.status.name === 'RUNNING')
          return true;
      }
      return false;
    };
    await until(isFound, { describe: 'the run found by its attributes' });
  });

  test('stops with exit code 0 on SIGTERM and another takes over', async () => {
    await acquire(stack, 'handover');
    expect(await stack.worker.stop()).toBe('code 0');
    await stack.restartWorker();
    await until(() => isClosed(stack, 'handover'), { describe: 'the lease closed' });
  });
});
