import { describe, expect, it } from 'vitest';
import type { StoreProvider } from '../../../providers/port.ts';
import { collect, textFile, useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, LIMITS, providerAt, taggedStore } from './provider-fixture.ts';

describe('files', () => {
  const fixture = useSimulator();
  const match = { operation: 'list_store_files' } as const;

  /** A store with that many files attached, in the order of their ids given back. */
  async function filled(apiKey: string, count: number) {
    const provider = providerAt(fixture.simulator.baseUrl, { apiKey });
    const sdk = fixture.sdk(apiKey);
    const { id: storeId } = await provider.createStore(taggedStore('files'), LIMITS);
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const file = await sdk.files.create({ file: textFile('x'), purpose: 'assistants' });
      await sdk.vectorStores.files.create(storeId, { file_id: file.id });
      ids.push(file.id);
    }
    return { provider, sdk, storeId, ids };
  }
  const listed = async (provider: StoreProvider, storeId: string, after?: string) =>
    (await collect(provider.listStoreFiles(storeId, { ...LIMITS, after }))).flat().map(({ id }) => id);

  it('of a store come page by page, oldest first, from where an earlier listing ended', async () => {
    const { provider, storeId, ids } = await filled('sk-pages', 103);
    expect(await listed(provider, storeId)).toEqual(ids);
    expect(await listed(provider, storeId, ids[99])).toEqual(ids.slice(100));
    expect(await collect(provider.listStoreFiles(storeId, LIMITS))).toHaveLength(2);
    expect((await provider.retrieveStore(storeId, LIMITS)).fileCount).toBe(103);
  });

  it('of a store whose listing goes round in circles are no listing', async () => {
    const { provider, storeId } = await filled('sk-circles', 2);
    await fixture.control.setFault({ match, times: 0, fault: { kind: 'repeat_cursor' } });
    expect(await failureOf(listed(provider, storeId))).toMatchObject({ kind: 'unavailable' });
    await fixture.control.clearFaults();
    await fixture.control.setFault({ match, fault: { kind: 'empty_list', has_more: true } });
    expect(await failureOf(listed(provider, storeId))).toMatchObject({ kind: 'unavailable' });
  });

  it('of a store that is not there: gone; behind a cursor that is not: begin again', async () => {
    const { provider, storeId, ids } = await filled('sk-gone', 1);
    expect(await failureOf(listed(provider, storeId, 'file-unknown'))).toMatchObject({
      kind: 'unavailable',
      status: 400,
    });
    await provider.deleteStore(storeId, LIMITS);
    expect(await failureOf(listed(provider, storeId))).toMatchObject({ kind: 'gone' });
    expect((await collect(provider.listFiles(LIMITS))).flat().map(({ id }) => id)).toEqual(ids);
  });

  it.each([
    [
      'an id that no URL could carry',
      { data: [{ id: 'a b', object: 'vector_store.file' }], has_more: false },
    ],
    ['no has_more', { data: [] }],
  ])('in a page with %s are no listing', async (_what, body) => {
    const { provider, storeId } = await filled('sk-shape', 1);
    await fixture.control.setFault({ match, times: 0, fault: { kind: 'answer', body } });
    expect(await failureOf(listed(provider, storeId))).toMatchObject({ kind: 'unavailable' });
  });

  it('tell when they were made', async () => {
    const { provider, ids } = await filled('sk-age', 1);
    const file = await provider.retrieveFile(ids[0] ?? '', LIMITS);
    expect(Math.abs(Date.now() - file.createdAtMs)).toBeLessThan(5_000);
    expect(await failureOf(provider.retrieveFile('file-unknown', LIMITS))).toMatchObject({ kind: 'gone' });
  });
});

describe('an object denied in another way than by 404', () => {
  const fixture = useSimulator();
  const error = (message: string) => ({ error: { message, type: 'invalid_request_error' } });

  it.each([
    [
      '400 not found',
      { kind: 'status', status: 400, body: error('vector store not found') },
      'refused',
      true,
    ],
    [
      '422 does not exist',
      { kind: 'status', status: 422, body: error('it does not exist') },
      'refused',
      true,
    ],
    ['400 about something else', { kind: 'status', status: 400, body: error('bad input') }, 'refused', false],
    ['200 that deletes nothing', { kind: 'delete_noop', deleted: false }, 'ambiguous', true],
    ['401 not found', { kind: 'status', status: 401, body: error('key not found') }, 'unauthorized', false],
  ] as const)('%s', async (_what, fault, kind, deniesObject) => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const store = await provider.createStore(taggedStore('denied'), LIMITS);
    await fixture.control.setFault({ match: { operation: 'delete_store' }, fault });
    expect(await failureOf(provider.deleteStore(store.id, LIMITS))).toMatchObject({ kind, deniesObject });
  });
});
