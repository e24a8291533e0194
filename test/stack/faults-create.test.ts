/** Faults of the provider during a create: bounded, truthful answers, no second POST, and nothing left behind. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, FaultRule, JournalEntry } from '../../simulator/contract.ts';
import { post, postPatiently } from '../crash/caller.ts';
import { leasesOf, untilClosed } from '../crash/ledger-view.ts';
import { callsOf, storesOf } from '../crash/provider-view.ts';
import { QUICK } from '../crash/rig.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let session: string;
beforeAll(async () => {
  stack = await startStack({ ...QUICK, ACQUIRE_TIMEOUT_SECONDS: 2, PROVIDER_CREATE_TIMEOUT_SECONDS: 4 });
  return () => stack.stop();
});
afterEach(async () => {
  await stack.simulator.control.clearFaults();
});

const acquire = () => post(stack.api.url, `/session/${session}/acquire`);

/** The next create meets this. */
async function meet(fault: Fault, more: Partial<FaultRule> = {}): Promise<void> {
  session = `create-${randomBytes(6).toString('hex')}`;
  await stack.simulator.control.setFault({ match: { operation: 'create_store' }, fault, ...more });
}

async function leaseIds(): Promise<string[]> {
  return (await leasesOf(stack.databaseUrl, session)).map((lease) => lease.lease_id);
}

/** Creates for the session so far, each as what it met, did and answered. */
async function creates(): Promise<Pick<JournalEntry, 'fault' | 'effect' | 'status'>[]> {
  const entries = await callsOf(stack.simulator.control, await leaseIds(), 'create_store');
  return entries.map(({ fault, effect, status }) => ({ fault, effect, status }));
}

/** Every lease of the session closed, and no store of it at the provider. */
async function nothingLeft(): Promise<void> {
  await untilClosed(stack.databaseUrl, session);
  expect(await storesOf(stack.simulator.control, session)).toEqual([]);
}

/** A later acquire gets one store, which lives and then goes. */
async function laterCallSucceeds(): Promise<void> {
  const answer = await postPatiently(stack.api.url, `/session/${session}/acquire`);
  expect(answer.status).toBe(200);
  expect(await storesOf(stack.simulator.control, session)).toContain(answer.body['vector_store_id']);
  await nothingLeft();
}

describe('refused', () => {
  test('429: passed on as 503 with its Retry-After, and nothing to clean up', async () => {
    await meet({ kind: 'status', status: 429, retry_after: 7 });
    const answer = await acquire();
    expect(answer.status).toBe(503);
    expect(answer.body['code']).toBe('PROVIDER_THROTTLED');
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(await creates()).toEqual([{ fault: 'status', effect: 'none', status: 429 }]);
    expect(await leasesOf(stack.databaseUrl, session)).toMatchObject([
      { state: 'closed', end_reason: 'refused', uncertain: false },
    ]);
    await laterCallSucceeds();
  });

  test('401: 502 without a word of the provider', async () => {
    const body = {
      error: { message: 'Incorrect API key provided: sk-secret', type: 'invalid_request_error' },
    };
    await meet({ kind: 'status', status: 401, body });
    const answer = await acquire();
    expect(answer.status).toBe(502);
    expect(answer.body['code']).toBe('PROVIDER_REFUSED');
    expect(JSON.stringify(answer.body)).not.toMatch(/incorrect|secret/i);
    expect(await creates()).toEqual([{ fault: 'status', effect: 'none', status: 401 }]);
    await laterCallSucceeds();
  });
});

describe('uncertain', () => {
  test('500: 503, one POST only, and the lease is closed only after listings', async () => {
    await meet({ kind: 'status', status: 500 });
    const answer = await acquire();
    expect(answer.status).toBe(503);
    expect(answer.body['code']).toBe('PROVIDER_UNAVAILABLE');
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await leasesOf(stack.databaseUrl, session)).toMatchObject([
      { state: 'draining', end_reason: 'gave_up', uncertain: true },
    ]);
    expect(await creates()).toEqual([{ fault: 'status', effect: 'none', status: 500 }]);
    await laterCallSucceeds();
  });

  test.each([
    ['500 after taking effect', { kind: 'status', status: 500 }, 500],
    ['connection dropped after taking effect', { kind: 'drop_after' }, 'dropped'],
    ['answer cut off', { kind: 'cut_body' }, 200],
    ['answer that is no JSON', { kind: 'invalid_json' }, 200],
  ] as const)('%s: its store is adopted, made once', async (_name, fault, status) => {
    await meet(fault, fault.kind === 'status' ? { phase: 'after' } : {});
    const answer = await acquire();
    expect(answer.status).toBe(200);
    expect(answer.body['reused']).toBe(false);
    expect(await creates()).toEqual([{ fault: fault.kind, effect: 'created', status }]);
    expect(await storesOf(stack.simulator.control, session)).toEqual([answer.body['vector_store_id']]);
    await nothingLeft();
  });

  test('connection dropped before taking effect: 503, and a later call gets a store', async () => {
    await meet({ kind: 'drop_before' });
    expect((await acquire()).status).toBe(503);
    expect(await creates()).toEqual([{ fault: 'drop_before', effect: 'none', status: 'dropped' }]);
    await laterCallSucceeds();
  });
});

describe('slow', () => {
  /** 2 s of the acquire, a second more by the route's own limit, and some for the answer; the create itself takes 4 s. */
  const IN_TIME_MS = 3_800;

  test('hang: 504 in time, also for who comes later, until the create has failed', async () => {
    await meet({ kind: 'hang' });
    const first = await acquire();
    expect(first.status).toBe(504);
    expect(first.body['code']).toBe('ACQUIRE_TIMEOUT');
    expect(first.tookMs).toBeLessThan(IN_TIME_MS);
    const second = await acquire();
    expect([503, 504]).toContain(second.status);
    expect(second.tookMs).toBeLessThan(IN_TIME_MS);
    expect(await creates()).toEqual([{ fault: 'hang', effect: 'none', status: expect.anything() }]);
    await laterCallSucceeds();
  });

  test('made, but not answered in time: a later call adopts it', async () => {
    await meet({ kind: 'hang' }, { phase: 'after' });
    expect((await acquire()).status).toBe(504);
    const later = await postPatiently(stack.api.url, `/session/${session}/acquire`);
    expect(later.status).toBe(200);
    expect(await storesOf(stack.simulator.control, session)).toEqual([later.body['vector_store_id']]);
    const effects = (await creates()).map(({ effect }) => effect);
    expect(effects).toEqual(['created']);
    await nothingLeft();
  });

  test('made after it was given up: the drain of the uncertain lease finds the late store', async () => {
    await meet({ kind: 'hold', name: 'late' });
    expect((await acquire()).status).toBe(504);
    await until(async () => (await leasesOf(stack.databaseUrl, session))[0]?.state === 'draining', {
      describe: 'the claim given up',
    });
    expect(await storesOf(stack.simulator.control, session)).toEqual([]);
    expect(await stack.simulator.control.release('late')).toBe(1);
    expect(await until(async () => (await creates())[0]?.effect === 'created', { describe: 'made' })).toBe(
      true,
    );
    const [late] = await leaseIds();
    await nothingLeft();
    const deletes = await callsOf(stack.simulator.control, [late ?? ''], 'delete_store');
    expect(deletes.filter(({ effect }) => effect === 'deleted')).toHaveLength(1);
  });

  test('an id that appears late: a first 404 does not prove it gone', async () => {
    await meet({ kind: 'appear_late', after_calls: 2 });
    expect((await acquire()).status).toBe(200);
    expect((await post(stack.api.url, `/session/${session}/release`)).status).toBe(202);
    await nothingLeft();
    const looks = await callsOf(stack.simulator.control, await leaseIds(), 'list_store_files');
    expect(looks[0]?.status, 'the first look came too early to see it').toBe(404);
    const deletes = await callsOf(stack.simulator.control, await leaseIds(), 'delete_store');
    expect(deletes.at(-1)?.effect).toBe('deleted');
  });
});
