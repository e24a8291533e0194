import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ProviderStore } from '../../../providers/port.ts';
import { collect, textFile, useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, INSTANCE, LIMITS, providerAt, TEST_KEY, taggedStore } from './provider-fixture.ts';

const DAY_MS = 86_400_000;

describe('the adapter against the simulator', () => {
  const fixture = useSimulator();
  const provider = (apiKey?: string) =>
    providerAt(fixture.simulator.baseUrl, apiKey === undefined ? {} : { apiKey });
  const find = (leaseId: string, createdSinceMs: number | null = null) => ({
    instanceId: INSTANCE,
    leaseId,
    createdSinceMs,
  });

  it('tells whose account it is without telling the key', () => {
    const { account } = providerAt(`${fixture.simulator.baseUrl}//`);
    expect(account).toEqual({
      provider: 'openai',
      baseUrl: fixture.simulator.baseUrl,
      organization: '',
      testMode: true,
      keyFingerprint: createHash('sha256').update(TEST_KEY).digest('hex').slice(0, 16),
    });
  });

  it('creates a store with tags and expiry, retrieves it, moves its expiry, deletes it', async () => {
    const stores = provider();
    const made = await stores.createStore(taggedStore('a1'), LIMITS);
    expect(made).toMatchObject({
      name: 'session_x',
      status: 'completed',
      usageBytes: 0,
      metadata: { lease_id: 'a1' },
    });
    expect(made.expiresAtMs).toBe(made.createdAtMs + 7 * DAY_MS);
    expect(await stores.retrieveStore(made.id, LIMITS)).toEqual(made);
    expect((await stores.setStoreExpiry(made.id, null, LIMITS)).expiresAtMs).toBeNull();
    expect((await stores.setStoreExpiry(made.id, 30, LIMITS)).expiresAtMs).toBe(
      made.createdAtMs + 30 * DAY_MS,
    );
    await fixture.control.expire(made.id);
    expect((await stores.retrieveStore(made.id, LIMITS)).status).toBe('expired');
    await stores.deleteStore(made.id, LIMITS);
    expect(await failureOf(stores.deleteStore(made.id, LIMITS))).toMatchObject({ kind: 'gone', status: 404 });
  });

  it('creates a store without expiry where there is to be none', async () => {
    const made = await provider().createStore({ ...taggedStore('a2'), expiresAfterDays: null }, LIMITS);
    expect(made.expiresAtMs).toBeNull();
  });

  it('deletes files', async () => {
    const file = await fixture.sdk(TEST_KEY).files.create({ file: textFile('x'), purpose: 'assistants' });
    await provider().deleteFile(file.id, LIMITS);
    expect(await failureOf(provider().deleteFile(file.id, LIMITS))).toMatchObject({ kind: 'gone' });
  });

  it('lists every store once, page by page, newest first', async () => {
    const stores = provider('sk-listing');
    const ids: string[] = [];
    for (let n = 0; n < 103; n += 1) ids.unshift((await stores.createStore(taggedStore('list'), LIMITS)).id);
    const pages = await collect(stores.listStores(LIMITS));
    expect(pages.map((page) => page.length)).toEqual([100, 3]);
    expect(pages.flat().map(({ id }) => id)).toEqual(ids);
  });

  it('finds every store of a lease and no other', async () => {
    const stores = provider('sk-find');
    const one = await stores.createStore(taggedStore('wanted'), LIMITS);
    await stores.createStore(taggedStore('other'), LIMITS);
    const foreign = taggedStore('wanted');
    const otherInstance = { ...foreign.metadata, loiter_killer_instance: 'instance-2' };
    await stores.createStore({ ...foreign, metadata: otherInstance }, LIMITS);
    const two = await stores.createStore(taggedStore('wanted'), LIMITS);
    const found = await stores.findStoresByLease(find('wanted'), LIMITS);
    expect(found.map(({ id }) => id)).toEqual([two.id, one.id]);
    expect(await stores.findStoresByLease(find('unknown'), LIMITS)).toEqual([]);
  });

  it('does not look at stores older than asked, and does at those of the same second', async () => {
    const stores = provider('sk-since');
    const made: ProviderStore[] = [];
    for (let n = 0; n < 101; n += 1) made.push(await stores.createStore(taggedStore(`since-${n}`), LIMITS));
    const oldest = made[0];
    const newest = made.at(-1);
    if (oldest === undefined || newest === undefined) throw new Error('nothing was made');
    const { last_seq: before } = await fixture.control.journalPage();
    expect(await stores.findStoresByLease(find('since-0', newest.createdAtMs + 60_000), LIMITS)).toEqual([]);
    expect(await fixture.control.journal(before)).toHaveLength(1);
    const found = await stores.findStoresByLease(find('since-0', oldest.createdAtMs + 999), LIMITS);
    expect(found.map(({ id }) => id)).toEqual([oldest.id]);
  });

  it('sends no more deletions at once than allowed, and other calls beside them', async () => {
    const stores = providerAt(fixture.simulator.baseUrl, { concurrency: 2 });
    const made = await Promise.all(
      Array.from({ length: 5 }, () => stores.createStore(taggedStore('many'), LIMITS)),
    );
    await fixture.control.setFault({
      match: { operation: 'delete_store' },
      times: 0,
      fault: { kind: 'hold', name: 'deletions' },
    });
    const deletions = made.map(({ id }) => stores.deleteStore(id, LIMITS));
    await fixture.control.waitForHeld('deletions', { count: 2 });
    const first = made[0];
    if (first === undefined) throw new Error('nothing was made');
    expect((await stores.retrieveStore(first.id, LIMITS)).id).toBe(first.id);
    expect(await fixture.control.held()).toHaveLength(2);
    await fixture.control.clearFaults();
    await fixture.control.release('deletions');
    await Promise.all(deletions);
  });

  it('counts the waiting for a turn against the deadline, and never sends such a deletion', async () => {
    const stores = providerAt(fixture.simulator.baseUrl, { concurrency: 1 });
    const blocking = await stores.createStore(taggedStore('blocking'), LIMITS);
    const queued = await stores.createStore(taggedStore('queued'), LIMITS);
    await fixture.control.setFault({ match: { id: blocking.id }, fault: { kind: 'hold', name: 'turn' } });
    const first = stores.deleteStore(blocking.id, LIMITS);
    await fixture.control.waitForHeld('turn');
    const failure = await failureOf(stores.deleteStore(queued.id, { deadlineMs: 50 }));
    expect(failure.kind).toBe('unavailable');
    await fixture.control.release('turn');
    await first;
    await stores.retrieveStore(queued.id, LIMITS);
    const sent = (await fixture.control.journal()).filter(
      (one) => one.operation === 'delete_store' && one.target === queued.id,
    );
    expect(sent).toEqual([]);
  });

  it('tells the meter each request with its outcome', async () => {
    const calls: string[] = [];
    const meter = {
      call: (operation: string, outcome: string, ms: number) =>
        void calls.push(`${operation} ${outcome} ${ms >= 0}`),
    };
    const stores = providerAt(fixture.simulator.baseUrl, { meter });
    const { id } = await stores.createStore(taggedStore('metered'), LIMITS);
    await stores.deleteStore(id, LIMITS);
    await failureOf(stores.deleteStore(id, LIMITS));
    await fixture.control.setFault({ fault: { kind: 'drop_before' } });
    await stores.findStoresByLease(find('metered'), LIMITS);
    expect(calls).toEqual([
      'create_store ok true',
      'delete_store ok true',
      'delete_store gone true',
      'list_stores unavailable true',
      'list_stores ok true',
    ]);
  });
});
