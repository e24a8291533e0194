/** Faults of the provider during deletions: retried as it asks, shown where a person must help, never taken for done. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fault, FaultRule, Operation } from '../../simulator/contract.ts';
import { get, post, uploadFile } from '../crash/caller.ts';
import { fileStates, leasesOf, makeDue, untilClosed } from '../crash/ledger-view.ts';
import { callsOf, filesLeft, storesOf } from '../crash/provider-view.ts';
import { QUICK } from '../crash/rig.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const STUCK_AFTER_MS = 4_000;
/** The ledger's time of a failure is taken a little after the provider's of the call. */
const SLACK_MS = 500;

let stack: Stack;
let session: string;
let leaseId: string;
let fileIds: string[];
beforeAll(async () => {
  stack = await startStack({
    ...QUICK,
    LEASE_SECONDS: 600,
    PROVIDER_TIMEOUT_SECONDS: 2,
    STUCK_AFTER_SECONDS: STUCK_AFTER_MS / 1000,
  });
  return () => stack.stop();
});
beforeEach(async () => {
  session = `delete-${randomBytes(6).toString('hex')}`;
  fileIds = await startLease(session);
  leaseId = (await leasesOf(stack.databaseUrl, session))[0]?.lease_id ?? '';
});
afterEach(async () => {
  await stack.simulator.control.clearFaults();
});

async function startLease(id: string): Promise<string[]> {
  const { baseUrl } = stack.simulator;
  const ids = await Promise.all(['one', 'two', 'three'].map((name) => uploadFile(baseUrl, name)));
  expect((await post(stack.api.url, `/session/${id}/acquire`)).status).toBe(200);
  expect((await post(stack.api.url, `/session/${id}/files`, { body: ids })).body).toEqual({ tracked: 3 });
  return ids;
}

const meet = (operation: Operation, fault: Fault, more: Partial<FaultRule> = {}) =>
  stack.simulator.control.setFault({ match: { operation }, fault, ...more });

async function release(id = session): Promise<void> {
  expect((await post(stack.api.url, `/session/${id}/release`)).status).toBe(202);
}

const storeDeletes = () => callsOf(stack.simulator.control, [leaseId], 'delete_store');

async function nothingLeft(): Promise<void> {
  await untilClosed(stack.databaseUrl, session);
  expect(await storesOf(stack.simulator.control, session)).toEqual([]);
  expect(await filesLeft(stack.simulator.control, fileIds)).toEqual([]);
}

interface Shown {
  readonly state: string;
  readonly deleted_files: readonly string[];
  readonly stuck: {
    readonly since: string;
    readonly attempts: number;
    readonly last_error: string;
    readonly next_try_at: string;
  } | null;
}
const look = async () => (await get(stack.api.url, `/session/${session}`)).body as unknown as Shown;

describe('of the store', () => {
  test('429: not tried again before its Retry-After', async () => {
    await meet('delete_store', { kind: 'status', status: 429, retry_after: 4 });
    await release();
    await nothingLeft();
    const [first, second] = await storeDeletes();
    expect(first?.status).toBe(429);
    expect(second?.effect).toBe('deleted');
    expect((second?.at_ms ?? 0) - (first?.answered_at_ms ?? 0)).toBeGreaterThanOrEqual(4_000);
  });

  test('500: retried with growing waits until it is done', async () => {
    await meet('delete_store', { kind: 'status', status: 500 }, { times: 2 });
    await release();
    await nothingLeft();
    const tries = await storeDeletes();
    expect(tries.map(({ status }) => status)).toEqual([500, 500, 200]);
    const [first = 0, second = 0, third = 0] = tries.map(({ at_ms: at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(2_000);
    expect((await leasesOf(stack.databaseUrl, session))[0]?.attempts).toBe(2);
  });

  test('401: stuck at once, every field told; done when the key works again', async () => {
    const from = Date.now();
    await meet('delete_store', { kind: 'status', status: 401 }, { times: 0 });
    await release();
    const stuck = await until(async () => (await look()).stuck, { describe: 'stuck' });
    expect(Date.parse(stuck.since)).toBeGreaterThanOrEqual(from - 1_000);
    expect(stuck.attempts).toBeGreaterThanOrEqual(1);
    expect(stuck.last_error).toContain('401');
    // A stuck lease is retried slowly: 15 minutes by default.
    expect(Date.parse(stuck.next_try_at) - Date.now()).toBeGreaterThan(14 * 60_000);
    expect((await look()).state).toBe('draining');
    const list = (await get(stack.api.url, '/sessions?stuck=true')).body as { leases?: unknown };
    expect(list.leases).toMatchObject([{ session_id: session }]);
    expect(await storesOf(stack.simulator.control, session)).toHaveLength(1);
    await stack.simulator.control.clearFaults();
    await makeDue(stack.databaseUrl, session);
    await nothingLeft();
    expect((await look()).stuck).toBeNull();
  });

  test('500 for longer than STUCK_AFTER_SECONDS: stuck, then retried slowly', async () => {
    await meet('delete_store', { kind: 'status', status: 500 }, { times: 0 });
    await release();
    const stuck = await until(async () => (await look()).stuck, { describe: 'stuck', deadlineMs: 30_000 });
    const tries = (await storeDeletes()).map(({ at_ms: at }) => at);
    expect(stuck.attempts).toBe(tries.length);
    // Tries at 0, 1, 3 and 7 s where nothing is late. The last is the first one more than 4 s after the first failure.
    const [first = 0] = tries;
    expect((tries.at(-1) ?? 0) - first).toBeGreaterThan(STUCK_AFTER_MS - SLACK_MS);
    expect((tries.at(-2) ?? 0) - first).toBeLessThan(STUCK_AFTER_MS + SLACK_MS);
    expect(stuck.last_error).toContain('500');
    expect(Date.parse(stuck.next_try_at) - Date.now()).toBeGreaterThan(14 * 60_000);
    await stack.simulator.control.clearFaults();
    await makeDue(stack.databaseUrl, session);
    await nothingLeft();
  });

  test('hang: given up after its deadline and tried again', async () => {
    await meet('delete_store', { kind: 'hang' });
    await release();
    await nothingLeft();
    expect((await storeDeletes()).map(({ status }) => status)).toEqual(['client_gone', 200]);
  });

  test('connection dropped after taking effect: the second delete sees 404 and all closes normally', async () => {
    await meet('delete_store', { kind: 'drop_after' });
    await release();
    await nothingLeft();
    const tries = await storeDeletes();
    expect(tries[0]).toMatchObject({ status: 'dropped', effect: 'deleted' });
    expect(tries.slice(1).map(({ effect }) => effect)).not.toContain('deleted');
    const notFound = (await stack.simulator.control.journal()).filter(
      (entry) =>
        entry.operation === 'delete_store' && entry.target === tries[0]?.target && entry.status === 404,
    );
    expect(notFound.length).toBeGreaterThanOrEqual(1);
    expect(await look()).toMatchObject({ state: 'closed', stuck: null });
  });

  test('an answer that it is not deleted is no proof', async () => {
    await meet('delete_store', { kind: 'delete_noop', deleted: false });
    await release();
    await nothingLeft();
    expect((await storeDeletes()).map(({ effect }) => effect)).toEqual(['none', 'deleted']);
  });
});

describe('of files', () => {
  test('one that cannot be deleted holds back neither other files, nor the store, nor other leases', async () => {
    const [bad = ''] = fileIds;
    const other = `${session}-other`;
    const otherFiles = await startLease(other);
    await stack.simulator.control.setFault({
      match: { operation: 'delete_file', id: bad },
      fault: { kind: 'status', status: 500 },
      times: 0,
    });
    await Promise.all([release(), release(other)]);
    await untilClosed(stack.databaseUrl, other);
    expect(await filesLeft(stack.simulator.control, otherFiles)).toEqual([]);
    await until(async () => (await storesOf(stack.simulator.control, session)).length === 0, {
      describe: 'the store deleted beside the file',
    });
    expect(await filesLeft(stack.simulator.control, fileIds)).toEqual([bad]);
    const shown = await look();
    expect(shown.state).toBe('draining');
    expect([...shown.deleted_files].sort()).toEqual(fileIds.slice(1).sort());
    expect((await leasesOf(stack.databaseUrl, session))[0]?.last_error).toContain('500');
    await stack.simulator.control.clearFaults();
    await makeDue(stack.databaseUrl, session);
    await nothingLeft();
  });

  test.each([
    ['429', { kind: 'status', status: 429, retry_after: 1 }],
    ['dropped after taking effect', { kind: 'drop_after' }],
    ['hang', { kind: 'hang' }],
    ['not deleted', { kind: 'delete_noop', deleted: false }],
  ] as const)('%s: retried until all are proven gone', async (_name, fault) => {
    await meet('delete_file', fault, { times: 2 });
    await release();
    await nothingLeft();
    expect(await fileStates(stack.databaseUrl, session)).toEqual(['gone', 'gone', 'gone']);
    const met = (await stack.simulator.control.journal()).filter(
      (entry) =>
        entry.operation === 'delete_file' &&
        fileIds.includes(entry.target ?? '') &&
        entry.fault === fault.kind,
    );
    expect(met).toHaveLength(2);
  });
});

describe('of an uncertain lease', () => {
  test('a delete that answers and does nothing is found out by the listing, and repeated', async () => {
    const id = `${session}-uncertain`;
    await meet('create_store', { kind: 'drop_after' });
    expect((await post(stack.api.url, `/session/${id}/acquire`)).status).toBe(200);
    expect(await leasesOf(stack.databaseUrl, id)).toMatchObject([{ state: 'active', uncertain: true }]);
    await meet('delete_store', { kind: 'delete_noop', deleted: true });
    await release(id);
    await untilClosed(stack.databaseUrl, id);
    expect(await storesOf(stack.simulator.control, id)).toEqual([]);
    const [lease] = await leasesOf(stack.databaseUrl, id);
    const tries = await callsOf(stack.simulator.control, [lease?.lease_id ?? ''], 'delete_store');
    expect(tries.map(({ effect }) => effect)).toEqual(['none', 'deleted']);
  });
});
