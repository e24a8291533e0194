/** Crashes between the steps of a drain with attached files, and a provider that fails or lies about them. */
import { describe, expect, it } from 'vitest';
import { createLeaseKeeper } from '../../leases/index.ts';
import type { StoreProvider } from '../../providers/port.ts';
import { DONE, openClient, pass, type Client } from './attached-kit.ts';
import { acquireOf, type Bench } from './kit.ts';

const own = { operation: 'list_store_files' } as const;

/** A worker that dies right after, or right before, the provider carried out a call of that kind. */
function dying(
  bench: Bench,
  method: 'deleteStore' | 'deleteFile' | 'retrieveFile',
  when: 'before' | 'after',
) {
  const { provider } = bench.deps;
  const crash = () => {
    throw new Error('crashed');
  };
  const call = async (id: string, options: Parameters<StoreProvider['deleteStore']>[1]): Promise<never> => {
    if (when === 'after') await provider[method](id, options);
    return crash();
  };
  return { keeper: createLeaseKeeper({ ...bench.deps, provider: { ...provider, [method]: call } }) };
}

/** The pages of a store come, and the worker dies after so many of them. */
function dyingInListing(bench: Bench, pages: number) {
  const { provider } = bench.deps;
  let left = pages;
  async function* listStoreFiles(...call: Parameters<StoreProvider['listStoreFiles']>) {
    for await (const page of provider.listStoreFiles(...call)) {
      if (left === 0) throw new Error('crashed');
      left -= 1;
      yield page;
    }
  }
  return { keeper: createLeaseKeeper({ ...bench.deps, provider: { ...provider, listStoreFiles } }) };
}

async function released(client: Client, files: number) {
  const held = await client.lease('abc', files);
  await client.release('abc');
  return held;
}
const rows = (client: Client) => client.bench.sql<{ state: string }>('SELECT state FROM attached_file');
const soon = (bench: Bench, table: string, column: string) =>
  bench.sql(`UPDATE ${table} SET ${column} = ${column} - interval '61 s'`);

describe('after a crash', () => {
  it('within the listing: the store is still there, and what was seen is in the ledger', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 1);
    await expect(pass(dyingInListing(client.bench, 1), leaseId)).rejects.toThrow('crashed');
    expect(await rows(client)).toEqual([{ state: 'found' }]);
    expect((await client.bench.control.state()).stores).toHaveLength(1);
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('before anything was listed: nothing is lost', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 1);
    await expect(pass(dyingInListing(client.bench, 0), leaseId)).rejects.toThrow('crashed');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it.each(['before', 'after'] as const)('right %s the deletion of the store', async (when) => {
    const client = await openClient({ youngObjectMs: 0 });
    const { leaseId } = await released(client, 2);
    await expect(pass(dying(client.bench, 'deleteStore', when), leaseId)).rejects.toThrow('crashed');
    expect(await rows(client)).toEqual([{ state: 'found' }, { state: 'found' }]);
    expect(await client.fileIds()).toHaveLength(2);
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('between the store and the look at the files', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 2);
    await expect(pass(dying(client.bench, 'retrieveFile', 'after'), leaseId)).rejects.toThrow('crashed');
    expect((await client.bench.control.state()).stores).toEqual([]);
    expect(await client.bench.leases.get('abc')).toMatchObject({ state: 'draining' });
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it.each(['before', 'after'] as const)('right %s the deletion of a file', async (when) => {
    const client = await openClient({ youngObjectMs: 0 });
    const { leaseId, ids } = await released(client, 2);
    await expect(pass(dying(client.bench, 'deleteFile', when), leaseId)).rejects.toThrow('crashed');
    expect(await rows(client)).toEqual([{ state: 'doomed' }, { state: 'doomed' }]);
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
    expect((await client.bench.leases.get('abc')).deletedFiles.toSorted()).toEqual(ids.toSorted());
  });

  it('a look through all stores that died is taken over when its time is up', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 1);
    await client.bench.control.setFault({
      match: { operation: 'list_stores' },
      times: 1,
      fault: { kind: 'hold', name: 'look' },
    });
    const first = pass(client.bench, leaseId);
    await client.bench.control.waitForHeld('look');
    expect(await pass(await client.bench.another(), leaseId)).toMatchObject({ closed: false, waitMs: 5_000 });
    await client.bench.sql(`UPDATE account_listing SET runner_until = clock_timestamp()`);
    expect(await pass(await client.bench.another(), leaseId)).toEqual(DONE);
    // The first one finds that it was overtaken, and that there is nothing left to do.
    await client.bench.control.release('look');
    await first;
    expect(await client.bench.leases.get('abc')).toMatchObject({ state: 'closed', stuck: null });
  });

  it('a look that another lease makes frees no lease that is stuck over its own', async () => {
    const client = await openClient({ stuckAfterMs: 0 });
    const { bench } = client;
    const { leaseId } = await released(client, 1);
    const other = await client.lease('other', 1);
    await client.release('other');
    await bench.control.setFault({
      match: { operation: 'list_stores' },
      fault: { kind: 'status', status: 503 },
    });
    expect(await pass(bench, leaseId)).toMatchObject({ closed: false });
    const stuck = await bench.leases.get('abc');
    expect(stuck.stuck?.lastError).toContain('503');
    await bench.control.setFault({
      match: { operation: 'list_stores' },
      times: 1,
      fault: { kind: 'hold', name: 'look' },
    });
    const look = pass(bench, other.leaseId);
    await bench.control.waitForHeld('look');
    expect(await pass(await bench.another(), leaseId)).toMatchObject({ closed: false, waitMs: 5_000 });
    expect((await bench.leases.get('abc')).stuck).toMatchObject({ lastError: stuck.stuck?.lastError });
    await bench.control.release('look');
    expect(await look).toEqual(DONE);
    expect(await pass(bench, leaseId)).toEqual(DONE);
  });

  it('two drains at once do no harm', async () => {
    const client = await openClient({ youngObjectMs: 0 });
    const { leaseId } = await released(client, 5);
    const other = await client.bench.another();
    await Promise.all([pass(client.bench, leaseId), pass(other, leaseId)]);
    await pass(client.bench, leaseId);
    expect(await client.bench.leases.get('abc')).toMatchObject({ state: 'closed', keptFiles: [] });
    expect(await client.fileIds()).toEqual([]);
  });
});

describe('a listing that fails', () => {
  it('of the own store: the store stays until it works; stuck in the end, and freed when it passes', async () => {
    const client = await openClient();
    const { bench } = client;
    const { leaseId } = await released(client, 1);
    await bench.control.setFault({ match: own, times: 0, fault: { kind: 'status', status: 500 } });
    expect(await pass(bench, leaseId)).toEqual({ closed: false, waitMs: 1_000 });
    await bench.sql(`UPDATE lease SET failing_since = failing_since - interval '11 min'`);
    expect(await pass(bench, leaseId)).toEqual({ closed: false, waitMs: 900_000 });
    expect((await bench.leases.get('abc')).stuck?.lastError).toMatch(/^list_store_files/);
    expect((await bench.control.state()).stores).toHaveLength(1);
    // Another lease is not held back, nor is a new one of the same session.
    expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({ reused: false });
    await bench.control.clearFaults();
    expect(await pass(bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('to agree with the one before: listed again', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 2);
    // Whole, empty, whole, whole.
    await client.bench.control.setFault({ match: own, skip: 1, fault: { kind: 'empty_list' } });
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('to end within minutes, for it is long: it goes on in each pass, and two agree however far apart', async () => {
    // No time at all: each pass takes one page.
    const client = await openClient({ passBudgetMs: -1 });
    const { leaseId } = await released(client, 1);
    for (let passes = 0; passes < 3; passes += 1) {
      expect((await client.bench.control.state()).stores).toHaveLength(1);
      await pass(client.bench, leaseId);
      await client.bench.sql(`UPDATE attached_listing SET ended_at = ended_at - interval '6 min'`);
    }
    expect((await client.bench.control.state()).stores).toEqual([]);
  });

  it('that agreed some time ago: two more', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 1);
    await client.bench.control.setFault({
      match: { operation: 'delete_store' },
      fault: { kind: 'status', status: 500 },
    });
    expect(await pass(client.bench, leaseId)).toMatchObject({ closed: false });
    const listed = await client.count('list_store_files');
    await client.bench.sql(
      `UPDATE attached_listing SET agreed_at = agreed_at - interval '6 min', ended_at = ended_at - interval '6 min'`,
    );
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect((await client.count('list_store_files')) - listed).toBe(2);
  });

  it('to agree again and again: the store stays', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 1);
    // Empty, whole, empty, whole: a rule does not count the calls that another one hits.
    for (const skip of [0, 1]) {
      await client.bench.control.setFault({ match: own, skip, fault: { kind: 'empty_list' } });
    }
    expect(await pass(client.bench, leaseId)).toMatchObject({ closed: false });
    expect((await client.bench.control.state()).stores).toHaveLength(1);
  });

  it('to show an attachment at first: found by a later one', async () => {
    const client = await openClient();
    const { leaseId, storeId } = await client.lease('abc', 1);
    const [late = ''] = await client.upload(1);
    await client.bench.control.setFault({
      match: { operation: 'attach_file' },
      fault: { kind: 'appear_late', after_calls: 1 },
    });
    await client.attach(storeId, [late]);
    await client.release('abc');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.fileIds()).toEqual([]);
  });

  it('of a store that vanished: there is nothing to list, and its deletion is proven as ever', async () => {
    const client = await openClient({ youngObjectMs: 0 });
    const { leaseId, storeId } = await released(client, 1);
    await client.bench.control.vanish(storeId);
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
  });

  it('with 404 of a store that exists: it stays', async () => {
    const client = await openClient();
    const { leaseId } = await released(client, 1);
    const body = { error: { message: 'not found', type: 'invalid_request_error' } };
    await client.bench.control.setFault({ match: own, fault: { kind: 'status', status: 404, body } });
    expect(await pass(client.bench, leaseId)).toMatchObject({ closed: false });
    expect((await client.bench.control.state()).stores).toHaveLength(1);
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
  });

  it.each([
    ['of another store', { operation: 'list_store_files' }, { kind: 'status', status: 500 }, 2],
    ['of all stores', { operation: 'list_stores' }, { kind: 'status', status: 503 }, 0],
    ['of all stores: an empty one', { operation: 'list_stores' }, { kind: 'empty_list' }, 0],
  ] as const)('%s: no file is deleted without it', async (_what, match, fault, skip) => {
    const client = await openClient();
    const { bench } = client;
    const other = await client.lease('other', 0);
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.attach(other.storeId, ids);
    await bench.sql(`UPDATE lease SET created_at = created_at - interval '6 min' WHERE session_id = 'other'`);
    await client.release('abc');
    await bench.control.setFault({ match, skip, fault });
    expect(await pass(bench, leaseId)).toMatchObject({ closed: false, waitMs: 1_000 });
    expect(await client.fileIds()).toEqual(ids);
    expect(await rows(client)).toEqual([{ state: 'found' }]);
    expect(await pass(bench, leaseId)).toEqual(DONE);
    expect(await client.kept('abc')).toEqual({ [ids[0] ?? '']: 'attached_elsewhere' });
  });

  it('of all stores, empty, through a new key: leases of the old one tell that it lies', async () => {
    const client = await openClient();
    const { bench } = client;
    await bench.control.config({ share_accounts: true });
    const other = await client.lease('other', 0);
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.attach(other.storeId, ids);
    await bench.sql(`UPDATE lease SET created_at = created_at - interval '6 min' WHERE session_id = 'other'`);
    await client.release('abc');
    const newKey = await bench.another({ apiKey: 'sk-test-other-key' });
    await bench.control.setFault({ match: { operation: 'list_stores' }, fault: { kind: 'empty_list' } });
    expect(await pass(newKey, leaseId)).toMatchObject({ closed: false });
    expect(await client.fileIds()).toEqual(ids);
    expect(await pass(newKey, leaseId)).toEqual(DONE);
    expect(await client.kept('abc')).toEqual({ [ids[0] ?? '']: 'attached_elsewhere' });
  });

  it('of all stores, empty, where many that others had are gone by now: those of live leases are asked for', async () => {
    const client = await openClient();
    const { bench } = client;
    await bench.sql(
      `INSERT INTO listed_store (account_id, store_id, kind, name, status, created_at, usage_bytes, sightings, last_run_id)
       SELECT $1, 'vs_gone_' || n, 'foreign', 'x', 'completed', now(), 0, 1, 1 FROM generate_series(1, 200) AS n`,
      [bench.deps.accountId],
    );
    const other = await client.lease('other', 0);
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.attach(other.storeId, ids);
    await bench.sql(`UPDATE lease SET created_at = created_at - interval '6 min' WHERE session_id = 'other'`);
    await client.release('abc');
    await bench.control.setFault({ match: { operation: 'list_stores' }, fault: { kind: 'empty_list' } });
    expect(await pass(bench, leaseId)).toMatchObject({ closed: false });
    expect(await client.fileIds()).toEqual(ids);
  });

  it('of a store that tells of files and shows none: it is asked again', async () => {
    const client = await openClient();
    const other = await client.lease('other', 0);
    const { leaseId, ids } = await client.lease('abc', 1);
    await client.attach(other.storeId, ids);
    await client.release('abc');
    await client.bench.control.setFault({ match: own, skip: 2, fault: { kind: 'empty_list' } });
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.kept('abc')).toEqual({ [ids[0] ?? '']: 'attached_elsewhere' });
  });
});

describe('a file that is gone already', () => {
  it('is asked for a second time while it is young, and then forgotten', async () => {
    const client = await openClient();
    const { leaseId, ids } = await released(client, 1);
    const body = { error: { message: 'No such File object', type: 'invalid_request_error' } };
    await client.bench.control.setFault({
      match: { operation: 'retrieve_file' },
      times: 0,
      fault: { kind: 'status', status: 404, body },
    });
    expect((await pass(client.bench, leaseId)).waitMs).toBeGreaterThan(59_000);
    expect(await client.count('list_stores')).toBe(0);
    await soon(client.bench, 'attached_file', 'not_found_at');
    expect(await pass(client.bench, leaseId)).toEqual(DONE);
    expect(await client.bench.leases.get('abc')).toMatchObject({ keptFiles: [], deletedFiles: [] });
    expect(await client.fileIds()).toEqual(ids);
  });
});
