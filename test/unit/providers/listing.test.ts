import { describe, expect, it } from 'vitest';
import { collect, useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, INSTANCE, LIMITS, providerAt, taggedStore } from './provider-fixture.ts';

const match = { operation: 'list_stores' } as const;

describe('a listing that lies', () => {
  const fixture = useSimulator();
  const find = (apiKey: string, leaseId: string) =>
    providerAt(fixture.simulator.baseUrl, { apiKey }).findStoresByLease(
      { instanceId: INSTANCE, leaseId, createdSinceMs: null },
      LIMITS,
    );
  const fill = async (apiKey: string, count: number) => {
    const provider = providerAt(fixture.simulator.baseUrl, { apiKey });
    for (let n = 0; n < count; n += 1) await provider.createStore(taggedStore(`lie-${n}`), LIMITS);
    return provider;
  };
  const listings = async (since: number) => (await fixture.control.journal(since)).length;

  it('ends at a repeated page instead of going round for ever', async () => {
    const provider = await fill('sk-repeated', 3);
    await fixture.control.setFault({ match, times: 0, fault: { kind: 'repeat_cursor' } });
    const { last_seq: since } = await fixture.control.journalPage();
    expect((await failureOf(find('sk-repeated', 'lie-0'))).kind).toBe('unavailable');
    expect(await listings(since)).toBe(2);
    expect((await failureOf(collect(provider.listStores(LIMITS)))).kind).toBe('unavailable');
  });

  it('ends at a ring of pages, each with a cursor of its own', async () => {
    const page = (id: string) => ({
      object: 'list',
      data: [{ id, object: 'vector_store', created_at: 1 }],
      has_more: true,
    });
    for (const id of ['vs_a', 'vs_b', 'vs_a']) {
      await fixture.control.setFault({ match, fault: { kind: 'answer', body: page(id) } });
    }
    expect((await failureOf(find('sk-ring', 'x'))).kind).toBe('unavailable');
  });

  it('takes an empty page that claims more for no answer', async () => {
    await fixture.control.setFault({ match, fault: { kind: 'empty_list', has_more: true } });
    expect((await failureOf(find('sk-empty', 'x'))).kind).toBe('unavailable');
  });

  it('believes an empty page that claims nothing more: the caller asks again', async () => {
    await fill('sk-believed', 1);
    await fixture.control.setFault({ match, fault: { kind: 'empty_list' } });
    expect(await find('sk-believed', 'lie-0')).toEqual([]);
    expect(await find('sk-believed', 'lie-0')).toHaveLength(1);
  });

  it.each([
    ['no data', { object: 'list', has_more: false }],
    ['no has_more', { object: 'list', data: [] }],
    [
      'an entry without an id',
      { object: 'list', data: [{ object: 'vector_store', created_at: 1 }], has_more: false },
    ],
    [
      'an entry without an age',
      { object: 'list', data: [{ object: 'vector_store', id: 'vs_1' }], has_more: false },
    ],
  ])('takes a page with %s for no answer', async (_what, body) => {
    await fixture.control.setFault({ match, times: 0, fault: { kind: 'answer', body } });
    expect((await failureOf(find('sk-shape', 'x'))).kind).toBe('unavailable');
  });

  it('is unavailable, not refused, where a later page is turned down', async () => {
    await fill('sk-midway', 101);
    await fixture.control.setFault({ match, skip: 1, fault: { kind: 'status', status: 400 } });
    expect(await failureOf(find('sk-midway', 'lie-0'))).toMatchObject({ kind: 'unavailable', status: 400 });
    await fixture.control.setFault({ match, fault: { kind: 'status', status: 400 } });
    expect(await failureOf(find('sk-midway', 'lie-0'))).toMatchObject({ kind: 'refused' });
  });

  it('reads on to the end where the listing is not newest first', async () => {
    const store = (id: string, createdAt: number, lease: string) => ({
      id,
      object: 'vector_store',
      created_at: createdAt,
      metadata: { loiter_killer_instance: INSTANCE, lease_id: lease },
    });
    const page = (data: unknown[], more: boolean) =>
      ({ kind: 'answer', body: { data, has_more: more } }) as const;
    const oldestFirst = [store('vs_1', 1_000, 'old'), store('vs_2', 2_000, 'old')];
    await fixture.control.setFault({ match, fault: page(oldestFirst, true) });
    await fixture.control.setFault({ match, fault: page([store('vs_3', 900_000, 'new')], false) });
    const provider = providerAt(fixture.simulator.baseUrl);
    const query = { instanceId: INSTANCE, leaseId: 'new', createdSinceMs: 800_000_000 };
    expect((await provider.findStoresByLease(query, LIMITS)).map(({ id }) => id)).toEqual(['vs_3']);
  });

  it('ends within one deadline for all pages', async () => {
    const provider = await fill('sk-slow', 101);
    await fixture.control.config({ latency_ms: 200 });
    const startedAt = performance.now();
    const failure = await failureOf(collect(provider.listStores({ deadlineMs: 300 })));
    expect(failure.kind).toBe('unavailable');
    expect(performance.now() - startedAt).toBeLessThan(1_300);
  });
});
