/** What a drain proves before it forgets: files, then the store, through faults of every kind. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../simulator/contract.ts';
import { acquireOf, ask, CONTEXT, KEY, openBench, trackOf, type Bench, type Part } from './kit.ts';

/** Uploads files; resolves with their ids. */
async function upload(bench: Bench, count: number): Promise<string[]> {
  const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl, maxRetries: 0 });
  const files = Array.from({ length: count }, (_, n) =>
    sdk.files.create({ file: new File(['x'], `${n}.txt`), purpose: 'assistants' }),
  );
  return (await Promise.all(files)).map((file) => file.id);
}

/** An ended lease with `files` uploaded files. */
async function ended(bench: Bench, files = 0, sessionId = 'abc') {
  const lease = await bench.leases.acquire(acquireOf(sessionId));
  const ids = await upload(bench, files);
  if (files > 0) await bench.leases.track(trackOf(sessionId, ids));
  await bench.leases.release({ ...ask(sessionId), force: false });
  return { leaseId: lease.leaseId, storeId: lease.vectorStoreId, ids };
}

/** One pass as the workflow makes it. */
async function pass(part: Part, leaseId: string) {
  const files = await part.keeper.deleteFiles(leaseId, CONTEXT);
  const store = await part.keeper.deleteStore(leaseId, CONTEXT);
  return { closed: store.closed, waitMs: Math.max(store.waitMs, files.waitMs) };
}
const deletions = async (bench: Bench): Promise<readonly JournalEntry[]> =>
  (await bench.control.journal()).filter((entry) => entry.operation.startsWith('delete_'));
const effects = async (bench: Bench) =>
  (await deletions(bench)).filter((entry) => entry.effect === 'deleted').map((entry) => entry.operation);
const age = (bench: Bench, table: string, column: string) =>
  bench.sql(`UPDATE ${table} SET ${column} = ${column} - interval '11 min'`);
const stuckOf = async (bench: Bench, sessionId = 'abc') => (await bench.leases.get(sessionId)).stuck;

describe('the order and the sharing', () => {
  it('files first, then the store; two passes at once do no harm', async () => {
    const bench = await openBench();
    const other = await bench.another();
    const { leaseId } = await ended(bench, 5);
    expect(await pass(bench, leaseId)).toEqual({ closed: true, waitMs: 0 });
    expect(await effects(bench)).toEqual([...Array<string>(5).fill('delete_file'), 'delete_store']);
    expect(await pass(bench, leaseId)).toEqual({ closed: true, waitMs: 0 });
    const again = await ended(bench, 5, 'def');
    await Promise.all([pass(bench, again.leaseId), pass(other, again.leaseId)]);
    await age(bench, 'file', 'tracked_at');
    await age(bench, 'store', 'created_at');
    await pass(bench, again.leaseId);
    expect(await bench.leases.get('def')).toMatchObject({ state: 'closed', stuck: null });
    expect((await effects(bench)).length).toBe(12);
    expect(await bench.control.state()).toMatchObject({ stores: [], files: [] });
  });

  it('a file that two leases track goes with the last', async () => {
    const bench = await openBench();
    const { leaseId: second } = await bench.leases.acquire(acquireOf('second'));
    const [id = ''] = await upload(bench, 1);
    await bench.leases.track(trackOf('second', [id]));
    const { leaseId: first } = await bench.leases.acquire(acquireOf('first'));
    await bench.leases.track(trackOf('first', [id]));
    await bench.leases.release({ ...ask('first'), force: false });
    expect(await pass(bench, first)).toEqual({ closed: true, waitMs: 0 });
    expect((await bench.control.state()).files).toHaveLength(1);
    await bench.leases.release({ ...ask('second'), force: false });
    expect(await pass(bench, second)).toEqual({ closed: true, waitMs: 0 });
    expect((await bench.control.state()).files).toEqual([]);
  });

  it('one file that cannot be deleted holds back nothing else; in the end it goes too', async () => {
    const bench = await openBench();
    const { leaseId, ids } = await ended(bench, 4);
    const match = { operation: 'delete_file', id: ids[1] ?? '' } as const;
    await bench.control.setFault({ match, times: 0, fault: { kind: 'status', status: 500 } });
    const outcome = await pass(bench, leaseId);
    expect(outcome.closed).toBe(false);
    expect(outcome.waitMs).toBeGreaterThan(0);
    expect(await bench.control.state()).toMatchObject({ stores: [], files: [{ id: ids[1] }] });
    const view = await bench.keeper.reconcile('abc', bench.deps.settings.instanceId);
    expect(view.draining).toMatchObject([{ leaseId, hasFiles: true, stuck: false }]);
    await bench.control.clearFaults();
    expect(await pass(bench, leaseId)).toMatchObject({ closed: true });
    expect(await bench.leases.get('abc')).toMatchObject({
      state: 'closed',
      deletedFiles: expect.arrayContaining(ids),
    });
  });
});

describe('404', () => {
  it('of something young counts with a second one a minute later', async () => {
    const bench = await openBench();
    const { leaseId, storeId, ids } = await ended(bench, 1);
    const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl });
    await sdk.files.delete(ids[0] ?? '');
    await bench.control.vanish(storeId);
    const first = await pass(bench, leaseId);
    expect(first.closed).toBe(false);
    expect(first.waitMs).toBeGreaterThan(59_000);
    expect(await pass(bench, leaseId)).toMatchObject({ closed: false });
    for (const table of ['file', 'store']) {
      await bench.sql(`UPDATE ${table} SET not_found_at = not_found_at - interval '61 s'`);
    }
    expect(await pass(bench, leaseId)).toEqual({ closed: true, waitMs: 0 });
    expect(await stuckOf(bench)).toBeNull();
  });

  it('of something old counts at once', async () => {
    const bench = await openBench();
    const { leaseId, storeId } = await ended(bench);
    await bench.control.vanish(storeId);
    await age(bench, 'store', 'created_at');
    expect(await pass(bench, leaseId)).toEqual({ closed: true, waitMs: 0 });
  });

  it('through another key proves nothing until something of ours was seen through it', async () => {
    const bench = await openBench();
    const { leaseId } = await ended(bench, 1);
    await age(bench, 'store', 'created_at');
    await age(bench, 'file', 'tracked_at');
    const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
    expect(await pass(newKey, leaseId)).toMatchObject({ closed: false });
    const stuck = await stuckOf(bench);
    expect(stuck?.lastError).toMatch(/^ACCOUNT_CHANGED/);
    expect(stuck?.nextTryAt).not.toBeNull();
    // The other key turns out to open the same account.
    await bench.control.config({ share_accounts: true });
    expect(await pass(newKey, leaseId)).toEqual({ closed: true, waitMs: 0 });
    expect(await bench.control.state()).toMatchObject({ stores: [], files: [] });
    expect(await bench.sql('SELECT FROM account_proof')).toHaveLength(1);
  });

  it('through another key counts once a listing through it showed a store of ours', async () => {
    const bench = await openBench();
    await bench.leases.acquire(acquireOf('stays'));
    const { leaseId, storeId } = await ended(bench);
    await bench.control.vanish(storeId);
    await age(bench, 'store', 'created_at');
    await bench.control.config({ share_accounts: true });
    const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
    expect(await pass(newKey, leaseId)).toEqual({ closed: true, waitMs: 0 });
  });
});

describe('a delete that fails', () => {
  it.each([401, 403])(
    '%s: stuck at once, never gone; retried slowly, and freed when it passes',
    async (status) => {
      const bench = await openBench();
      const { leaseId } = await ended(bench, 1);
      await bench.control.setFault({ times: 0, fault: { kind: 'status', status } });
      const outcome = await pass(bench, leaseId);
      expect(outcome).toMatchObject({ closed: false });
      expect(outcome.waitMs).toBeGreaterThan(890_000);
      const stuck = await stuckOf(bench);
      expect(stuck).toMatchObject({ attempts: 1, lastError: expect.stringContaining(String(status)) });
      expect(Date.parse(stuck?.nextTryAt ?? '') - Date.now()).toBeGreaterThan(800_000);
      expect(
        (await bench.leases.list({ state: null, stuck: true, abandoned: null, cursor: null, limit: 5 }))
          .leases,
      ).toHaveLength(1);
      expect(bench.logged.filter((line) => line.event === 'lease_stuck')).toHaveLength(1);
      await bench.control.clearFaults();
      expect(await pass(bench, leaseId)).toEqual({ closed: true, waitMs: 0 });
      expect(await stuckOf(bench)).toBeNull();
    },
  );

  it('429: Retry-After is honoured and stands in the ledger', async () => {
    const bench = await openBench();
    const { leaseId } = await ended(bench);
    await bench.control.setFault({ fault: { kind: 'status', status: 429, retry_after: 120 } });
    expect((await pass(bench, leaseId)).waitMs).toBe(120_000);
    const view = await bench.keeper.reconcile('abc', bench.deps.settings.instanceId);
    expect(view.draining[0]?.waitMs).toBeGreaterThan(119_000 - 5_000);
    expect(view.draining[0]).toMatchObject({ stuck: false, attempts: 1 });
  });

  it('500 again and again: waits double, and after long enough it is stuck', async () => {
    const bench = await openBench();
    const { leaseId } = await ended(bench);
    await bench.control.setFault({ times: 0, fault: { kind: 'status', status: 500 } });
    const waits: number[] = [];
    for (let times = 0; times < 4; times += 1) waits.push((await pass(bench, leaseId)).waitMs);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(await stuckOf(bench)).toBeNull();
    await age(bench, 'lease', 'failing_since');
    expect((await pass(bench, leaseId)).waitMs).toBe(900_000);
    expect(await stuckOf(bench)).toMatchObject({ attempts: 5 });
  });

  it('files and stores fail apart, and a lease of which nothing fails any more is not stuck', async () => {
    const bench = await openBench();
    const { leaseId, ids } = await ended(bench, 1);
    const faultAt = (operation: 'delete_file' | 'delete_store') =>
      bench.control.setFault({ match: { operation }, times: 0, fault: { kind: 'status', status: 500 } });
    await faultAt('delete_file');
    await faultAt('delete_store');
    for (const waitMs of [1_000, 2_000])
      expect(await pass(bench, leaseId)).toEqual({ closed: false, waitMs });
    await age(bench, 'lease', 'failing_since');
    await age(bench, 'lease', 'files_failing_since');
    await pass(bench, leaseId);
    expect(await stuckOf(bench)).toMatchObject({ attempts: 3 });
    await bench.control.clearFaults();
    await faultAt('delete_file');
    await pass(bench, leaseId);
    expect(await stuckOf(bench)).toMatchObject({
      attempts: 4,
      lastError: expect.stringContaining('delete_file'),
    });
    // The provider now denies the file: the second 404 is a wait, and no failure.
    await bench.control.clearFaults();
    await new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl }).files.delete(ids[0] ?? '');
    await pass(bench, leaseId);
    expect(await bench.leases.get('abc')).toMatchObject({
      state: 'draining',
      stuck: null,
      waitsFor: expect.stringContaining('second'),
    });
    await faultAt('delete_file');
    expect((await pass(bench, leaseId)).waitMs).toBeLessThan(61_000);
    expect(await stuckOf(bench)).toBeNull();
  });

  it.each([
    ['hangs', { kind: 'hang' }],
    ['is dropped after it took effect', { kind: 'drop_after' }],
    ['answers that it deleted nothing', { kind: 'delete_noop', deleted: false }],
  ] as const)('%s: not taken for done, and done by the next pass', async (_name, fault) => {
    const bench = await openBench({ providerDeadlineMs: 400 });
    const { leaseId } = await ended(bench);
    await age(bench, 'store', 'created_at');
    await bench.control.setFault({ match: { operation: 'delete_store' }, fault });
    expect(await pass(bench, leaseId)).toMatchObject({ closed: false });
    expect(await pass(bench, leaseId)).toEqual({ closed: true, waitMs: 0 });
    expect((await bench.control.state()).stores).toEqual([]);
  });
});

describe('ending many', () => {
  it('cleanup ends what is due and counts what is proven gone', async () => {
    const bench = await openBench();
    for (const one of ['a', 'b', 'live']) await bench.leases.acquire(acquireOf(one));
    await bench.leases.acquire(acquireOf('safe', true));
    await bench.sql(`UPDATE lease SET expires_at = clock_timestamp() WHERE session_id IN ('a', 'b')`);
    const [a] = await bench.sql<{ lease_id: string }>(`SELECT lease_id FROM lease WHERE session_id = 'a'`);
    expect(await bench.leases.cleanup(0)).toBe(0);
    expect(bench.notified.slice(-2).toSorted()).toEqual(['a', 'b']);
    await pass(bench, a?.lease_id ?? '');
    expect(await bench.leases.cleanup(0)).toBe(0);
    const [b] = await bench.sql<{ lease_id: string }>(`SELECT lease_id FROM lease WHERE session_id = 'b'`);
    const cleaning = bench.leases.cleanup(5_000);
    await pass(bench, b?.lease_id ?? '');
    expect(await cleaning).toBe(1);
    expect((await bench.control.state()).stores).toHaveLength(2);
  });

  it.each([
    [false, 1],
    [true, 0],
  ])('nuke ends all; registered stores are deleted only where asked (%s)', async (registered, left) => {
    const bench = await openBench();
    const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl });
    const foreign = await sdk.vectorStores.create({ name: 'foreign' });
    await bench.leases.acquire(acquireOf('a', true));
    const wish = { vectorStoreId: foreign.id, protect: true, requestId: 'test' };
    await bench.leases.register({ sessionId: 'b', ...wish });
    expect(await bench.leases.nuke(registered, 0)).toEqual({ sessions: 2, stores: 0 });
    const rows = await bench.sql<{ lease_id: string }>('SELECT lease_id FROM lease');
    for (const row of rows) expect(await pass(bench, row.lease_id)).toMatchObject({ closed: true });
    expect((await bench.control.state()).stores).toHaveLength(left);
    // Let go is let go: somebody else may lease it.
    if (!registered)
      expect(await bench.leases.register({ sessionId: 'c', ...wish })).toEqual({ status: 'registered' });
  });

  it('history is pruned after the retention, files and stores with it; what is not closed stays', async () => {
    const bench = await openBench();
    const { leaseId } = await ended(bench, 2);
    await pass(bench, leaseId);
    await bench.leases.acquire(acquireOf('abc'));
    expect(await bench.keeper.pruneHistory()).toBe(0);
    await bench.sql(`UPDATE lease SET closed_at = closed_at - interval '31 days'`);
    await bench.sql(`UPDATE file SET provider_deleted_at = provider_deleted_at - interval '31 days'`);
    // One that tracked very much must not push the others over the limit of one transaction.
    await bench.sql(
      `INSERT INTO lease (lease_id, session_id, state, account_id, closed_at, entry_count, wake_at)
      SELECT gen_random_uuid(), n::text, 'closed', $1, clock_timestamp() - interval '60 days', 9000, clock_timestamp()
      FROM generate_series(1, 7) AS n`,
      [bench.deps.accountId],
    );
    expect(await bench.keeper.pruneHistory()).toBe(8);
    expect(await bench.sql('SELECT state FROM lease')).toEqual([{ state: 'active' }]);
    expect(await bench.sql('SELECT FROM file')).toEqual([]);
    expect(await bench.sql('SELECT state FROM store')).toEqual([{ state: 'held' }]);
  });
});
