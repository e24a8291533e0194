/** Places in an account: who gets them, who is refused, and that nobody waits for a lock far from full. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isServiceError, type ServiceError } from '../../domain/errors.ts';
import { until } from '../support/until.ts';
import { acquireOf, ask, CONTEXT, openBench, type Bench, type Part } from './kit.ts';

const refusalOf = async (call: Promise<unknown>): Promise<ServiceError> => {
  const error = await call.then(
    () => 'answered',
    (thrown: unknown) => thrown,
  );
  if (isServiceError(error)) return error;
  throw new Error(`no refusal: ${String(error)}`);
};
const sessions = (count: number) => Array.from({ length: count }, () => randomUUID());

/** As the sweep writes it down; `lease` is the store's tag. */
async function listed(bench: Bench, storeId: string, kind: string, lease: string | null = null) {
  await bench.sql(
    `INSERT INTO listed_store (account_id, store_id, kind, lease_id, name, status, created_at, usage_bytes, sightings, last_run_id)
     VALUES ($1, $2, $3, $4, 'x', 'completed', now(), 7, 1, 1)`,
    [bench.deps.accountId, storeId, kind, lease],
  );
}
const onlyAccount = async (part: Part) => {
  const [account] = await part.leases.capacity();
  if (account === undefined) throw new Error('no account');
  return account;
};

describe('parallel first acquires', () => {
  it.each([1, 4, 25])('%s places free, ten times as many sessions, three processes', async (places) => {
    const foreign = 3;
    const bench = await openBench({ maxVectorStores: places + foreign, createDeadlineMs: 5_000 });
    for (let n = 0; n < foreign; n += 1) await listed(bench, `vs_foreign_${n}`, 'foreign');
    const parts = [bench, await bench.another(), await bench.another()];
    const answers = await Promise.allSettled(
      sessions(10 * places).map((id, n) => (parts[n % 3] ?? bench).leases.acquire(acquireOf(id))),
    );
    const refusals = answers
      .filter((answer) => answer.status === 'rejected')
      .map(({ reason }) => reason as unknown);
    expect(answers).toHaveLength(10 * places);
    expect(refusals).toHaveLength(9 * places);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'CAPACITY_EXHAUSTED' });
    expect((await bench.control.state()).stores).toHaveLength(places);
    expect(await onlyAccount(bench)).toMatchObject({
      live: places,
      foreign,
      free: 0,
      used: places + foreign,
    });
  });

  it('pass the gate up to the limit and not beyond, from far to full', async () => {
    const limit = 130;
    const bench = await openBench({
      maxVectorStores: limit,
      createDeadlineMs: 5_000,
      acquireTimeoutMs: 20_000,
    });
    const parts = [bench, await bench.another()];
    const answers = await Promise.allSettled(
      sessions(2 * limit).map((id, n) => (parts[n % 2] ?? bench).leases.acquire(acquireOf(id))),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(limit);
    expect((await bench.control.state()).stores).toHaveLength(limit);
  });
});

describe('a full account', () => {
  const ONE = { maxVectorStores: 1 };

  it('says what holds the places, when to come back and which setting helps; leaves no trace', async () => {
    const bench = await openBench({ ...ONE, leaseSeconds: 30 });
    const { leaseId } = await bench.leases.acquire(acquireOf('first'));
    await listed(bench, 'vs_other', 'foreign');
    const refusal = await refusalOf(bench.leases.acquire(acquireOf('second')));
    expect(refusal.code).toBe('CAPACITY_EXHAUSTED');
    expect(refusal.message).toBe(
      '2 of 1 places for vector stores are taken: 1 live, 0 draining, 0 stuck, 1 foreign. ' +
        'MAX_VECTOR_STORES sets the limit, and COUNT_FOREIGN_STORES=false leaves the foreign ones out.',
    );
    expect(refusal.retryAfterSeconds).toBeGreaterThan(25);
    expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(30);
    expect(await bench.sql('SELECT lease_id FROM lease')).toEqual([{ lease_id: leaseId }]);
    expect(bench.metered).toContainEqual(['acquired', 'refused']);
    expect(bench.metered).toContainEqual(['capacityRefused']);
    expect(bench.logged).toContainEqual(
      expect.objectContaining({ event: 'capacity_refused', session_id: 'second', request_id: 'test' }),
    );
    expect(await bench.leases.acquire(acquireOf('first'))).toMatchObject({ leaseId, reused: true });
  });

  it.each([
    ['protected, nothing comes free by itself', { protect: true, change: 'SELECT 1', retry: 60 }],
    ['a long lease', { protect: false, change: 'SELECT 1', retry: 60 }],
    [
      'due, and nobody has noticed',
      { protect: false, change: "UPDATE lease SET expires_at = now() - interval '1 min'", retry: 1 },
    ],
    [
      'stuck, to be tried again in 20 s',
      {
        protect: false,
        change: `UPDATE lease SET state = 'draining', stuck_at = now(), next_try_at = clock_timestamp() + interval '20 s'`,
        retry: 20,
      },
    ],
  ])('tells the time to wait: %s', async (_what, { protect, change, retry }) => {
    const bench = await openBench(ONE);
    await bench.leases.acquire(acquireOf('first', protect));
    await bench.sql(change);
    const refusal = await refusalOf(bench.leases.acquire(acquireOf('second')));
    expect(refusal.code).toBe('CAPACITY_EXHAUSTED');
    expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(retry);
    expect(refusal.retryAfterSeconds).toBeGreaterThan(Math.max(0, retry - 5));
  });

  it('gives a place away only when its store is proven gone, and never takes one', async () => {
    const bench = await openBench({ ...ONE, youngObjectMs: 0 });
    const { leaseId } = await bench.leases.acquire(acquireOf('first'));
    await refusalOf(bench.leases.acquire(acquireOf('second')));
    await bench.leases.release({ ...ask('first'), force: false });
    const refusal = await refusalOf(bench.leases.acquire(acquireOf('second')));
    expect([refusal.message, refusal.retryAfterSeconds]).toEqual([
      expect.stringMatching(/0 live, 1 draining/),
      1,
    ]);
    expect(await bench.keeper.deleteStore(leaseId, CONTEXT)).toMatchObject({ closed: true });
    expect(await bench.leases.acquire(acquireOf('second'))).toMatchObject({ reused: false });
  });

  it('does not refuse a session whose store is being made elsewhere', async () => {
    const bench = await openBench({ ...ONE, createDeadlineMs: 5_000 });
    const other = await bench.another();
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'c' },
    });
    const first = bench.leases.acquire(acquireOf('abc'));
    await bench.control.waitForHeld('c');
    const second = other.leases.acquire(acquireOf('abc'));
    const refused = await refusalOf(other.leases.acquire(acquireOf('other')));
    expect(refused.message).toContain('1 live');
    await bench.control.release('c');
    const [made, waited] = await Promise.all([first, second]);
    expect(waited).toMatchObject({ leaseId: made.leaseId, reused: true });
  });
});

describe('what takes a place', () => {
  it('each store once, from leases and from the listing, but for those proven deleted', async () => {
    const bench = await openBench({ maxVectorStores: 50 });
    const held = await bench.leases.acquire(acquireOf('held'));
    const gone = await bench.leases.acquire(acquireOf('gone'));
    const draining = await bench.leases.acquire(acquireOf('draining'));
    const stuck = await bench.leases.acquire(acquireOf('stuck'));
    await bench.leases.register({ ...ask('registered'), vectorStoreId: 'vs_theirs', protect: false });
    for (const id of ['draining', 'gone', 'stuck']) await bench.leases.release({ ...ask(id), force: false });
    await bench.sql(`UPDATE lease SET stuck_at = now() WHERE session_id = 'stuck'`);
    await bench.sql(`UPDATE store SET state = 'deleted' WHERE store_id = $1`, [gone.vectorStoreId]);
    await bench.sql(
      `INSERT INTO lease (lease_id, session_id, state, account_id, claim_until, wake_at)
       SELECT id, id, 'provisioning', $1, now() + interval '1 min', now() + interval '1 min'
       FROM unnest($2::uuid[]) AS id`,
      [
        bench.deps.accountId,
        ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'],
      ],
    );
    const unlisted = await onlyAccount(bench);
    expect(unlisted).toMatchObject({ live: 4, draining: 1, stuck: 1, unleased: 0, foreign: 0, used: 6 });

    for (const { vectorStoreId } of [held, gone, draining, stuck]) await listed(bench, vectorStoreId, 'held');
    await listed(bench, 'vs_theirs', 'foreign');
    await listed(bench, 'vs_made', 'claimed', '00000000-0000-4000-8000-000000000001');
    expect(await onlyAccount(bench)).toMatchObject({ live: 4, draining: 1, stuck: 1, foreign: 0, used: 6 });

    await listed(bench, 'vs_orphan', 'orphan', gone.leaseId);
    await listed(bench, 'vs_lost', 'ledger_lost', randomUUID());
    await listed(bench, 'vs_foreign', 'foreign', '00000000-0000-4000-8000-000000000002');
    const all = await onlyAccount(bench);
    expect(all).toMatchObject({ live: 4, draining: 2, stuck: 1, unleased: 1, foreign: 1, used: 9 });
    expect(all).toMatchObject({ limit: 50, free: 41, usageBytes: 9 * 7, listedAtMs: null });
  });

  it('a claim given up while its create may still take effect, until the store is known or there is none', async () => {
    const bench = await openBench({
      maxVectorStores: 1,
      createDeadlineMs: 300,
      listingGapMs: 0,
      youngObjectMs: 0,
    });
    const late = {
      match: { operation: 'create_store' as const },
      fault: { kind: 'hold' as const, name: 'late' },
    };
    await bench.control.setFault(late);
    await expect(bench.leases.acquire(acquireOf('first'))).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
    const refused = await refusalOf(bench.leases.acquire(acquireOf('second')));
    expect(refused.message).toMatch(/0 live, 1 draining/);
    const [lease] = await bench.sql<{ lease_id: string }>(
      `SELECT lease_id FROM lease WHERE state = 'draining'`,
    );
    const leaseId = lease?.lease_id ?? '';
    // Its listing comes too early; then the store is there, and is counted once.
    await bench.keeper.deleteStore(leaseId, CONTEXT);
    await refusalOf(bench.leases.acquire(acquireOf('second')));
    await bench.control.release('late');
    const { stores } = await bench.control.state();
    await listed(bench, stores[0]?.id ?? '', 'claimed', leaseId);
    expect(await onlyAccount(bench)).toMatchObject({ live: 0, draining: 1, used: 1 });
    for (let pass = 0; pass < 5; pass += 1) await bench.keeper.deleteStore(leaseId, CONTEXT);
    expect(await bench.sql('SELECT state FROM lease')).toEqual([{ state: 'closed' }]);
    expect(await bench.leases.acquire(acquireOf('second'))).toMatchObject({ reused: false });
  });

  it('foreign stores only where they count', async () => {
    const bench = await openBench({ maxVectorStores: 1, countForeignStores: false });
    await listed(bench, 'vs_foreign', 'foreign');
    expect(await onlyAccount(bench)).toMatchObject({ used: 0, free: 1, foreign: 1, countForeign: false });
    await bench.leases.acquire(acquireOf('first'));
    const refusal = await refusalOf(bench.leases.acquire(acquireOf('second')));
    expect(refusal.message).toBe(
      '1 of 1 places for vector stores are taken: 1 live, 0 draining, 0 stuck, 1 foreign. ' +
        'MAX_VECTOR_STORES sets the limit.',
    );
  });

  it('a registered store, which is never refused', async () => {
    const bench = await openBench({ maxVectorStores: 1 });
    await bench.leases.acquire(acquireOf('first'));
    await bench.leases.register({ ...ask('second'), vectorStoreId: 'vs_theirs', protect: true });
    expect(await onlyAccount(bench)).toMatchObject({ used: 2, free: 0, live: 2 });
  });

  it('a store that another key of the same account holds, once the listing shows it', async () => {
    const bench = await openBench({ maxVectorStores: 10 });
    const { vectorStoreId } = await bench.leases.acquire(acquireOf('first'));
    const changed = await bench.another({ apiKey: 'sk-test-second-key' });
    const capacity = async () =>
      (await changed.leases.capacity()).find(({ accountId }) => accountId === changed.deps.accountId);
    expect(await capacity()).toMatchObject({ live: 0, used: 0 });
    await listed({ ...bench, deps: changed.deps }, vectorStoreId, 'held');
    expect(await capacity()).toMatchObject({ live: 1, used: 1 });
    expect((await changed.leases.capacity()).map(({ live }) => live)).toEqual([1, 1]);
  });

  it('claims that were made while there was no limit', async () => {
    const bench = await openBench({ maxVectorStores: 40, createDeadlineMs: 5_000 });
    await bench.leases.acquire(acquireOf('opens the gate'));
    const unlimited = await bench.another({ settings: { maxVectorStores: 0 } });
    await Promise.all(sessions(39).map((id) => unlimited.leases.acquire(acquireOf(id))));
    const refusal = await refusalOf(bench.leases.acquire(acquireOf('too late')));
    expect(refusal.message).toMatch(/^40 of 40 .* 40 live/);
  });

  it('a new sweep is counted at once', async () => {
    const bench = await openBench({ maxVectorStores: 60 });
    await bench.leases.acquire(acquireOf('opens the gate'));
    await bench.sql(
      `INSERT INTO listed_store (account_id, store_id, kind, name, status, created_at, usage_bytes, sightings, last_run_id)
       SELECT $1, 'vs_' || n, 'foreign', 'x', 'completed', now(), 7, 1, 1 FROM generate_series(1, 59) AS n`,
      [bench.deps.accountId],
    );
    await bench.sql(
      `INSERT INTO sweep_run (account_id, dry_run, valid, holder) VALUES ($1, false, true, 'test')`,
      [bench.deps.accountId],
    );
    const refusal = await refusalOf(bench.leases.acquire(acquireOf('too late')));
    expect(refusal.message).toMatch(/^60 of 60 .* 59 foreign/);
  });
});

it('forecasts by deadline: what is due counts in every time, what is protected in none', async () => {
  const bench = await openBench({ leaseSeconds: 200 });
  for (const id of ['a', 'b']) await bench.leases.acquire(acquireOf(id));
  await bench.leases.acquire(acquireOf('for ever', true));
  await bench.leases.acquire(acquireOf('due'));
  await bench.sql(`UPDATE lease SET expires_at = now() - interval '1 h' WHERE session_id = 'due'`);
  const { forecast, limit, free, nextDeadlineMs } = await onlyAccount(bench);
  expect([limit, free]).toEqual([null, null]);
  expect(forecast.map(({ withinSeconds, leases }) => [withinSeconds, leases]).slice(0, 3)).toEqual([
    [60, 1],
    [300, 3],
    [900, 3],
  ]);
  expect(forecast.at(-1)).toEqual({ withinSeconds: 86_400, leases: 3 });
  expect(nextDeadlineMs).toBeLessThan(Date.now());
});

describe("the provider's own limit", () => {
  it('is the same 429, for those too that wait for the same claim', async () => {
    const bench = await openBench({ createDeadlineMs: 5_000, leaseSeconds: 40 });
    const other = await bench.another();
    await bench.leases.acquire(acquireOf('first'));
    await bench.control.config({ store_limit: 1 });
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'c' },
    });
    const calls = [bench.leases.acquire(acquireOf('abc')), bench.leases.acquire(acquireOf('abc'))];
    await bench.control.waitForHeld('c');
    calls.push(other.leases.acquire(acquireOf('abc')));
    const refusals = Promise.all(calls.map(refusalOf));
    const asked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%claim_error%'
      AND pid <> pg_backend_pid()`;
    await until(async () => (await bench.sql(asked)).length > 0, {
      describe: 'the other process has met the claim',
    });
    await bench.control.release('c');
    for (const refusal of await refusals) {
      expect(refusal.code).toBe('CAPACITY_EXHAUSTED');
      expect(refusal.message).toBe(
        'The provider takes no more vector stores on this account; known here: 1 live, 0 draining, 0 stuck, 0 foreign. ' +
          "MAX_VECTOR_STORES, which is 0 (no limit), should not be above the provider's own limit.",
      );
      expect(refusal.retryAfterSeconds).toBeGreaterThan(30);
      expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(40);
    }
    expect(bench.metered.filter(([name]) => name === 'capacityRefused')).toHaveLength(2);
    expect(await bench.sql(`SELECT state FROM lease WHERE session_id = 'abc'`)).toEqual([
      { state: 'closed' },
    ]);
    await bench.control.config({ store_limit: 2 });
    expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({ reused: false });
  });
});
