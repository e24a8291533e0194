import { describe, expect, it } from 'vitest';
import { collect, useSimulator } from './simulator-fixture.ts';

const DAY_SECONDS = 86_400;

describe('vector stores, through the official SDK', () => {
  const fixture = useSimulator();

  it('creates, retrieves, updates and deletes', async () => {
    const { vectorStores } = fixture.sdk('sk-life');
    const made = await vectorStores.create({
      name: 'session_abc',
      metadata: { lease_id: 'l1' },
      expires_after: { anchor: 'last_active_at', days: 7 },
    });
    expect(made).toMatchObject({
      object: 'vector_store',
      name: 'session_abc',
      status: 'completed',
      usage_bytes: 0,
      metadata: { lease_id: 'l1' },
      expires_after: { anchor: 'last_active_at', days: 7 },
      file_counts: { total: 0, completed: 0, failed: 0, cancelled: 0, in_progress: 0 },
    });
    expect(made.id).toMatch(/^vs_test_[0-9a-f]{32}$/);
    expect(made.expires_at).toBe((made.last_active_at ?? 0) + 7 * DAY_SECONDS);
    expect(await vectorStores.retrieve(made.id)).toEqual(made);
    const cleared = await vectorStores.update(made.id, { expires_after: null, name: 'renamed' });
    expect(cleared).toMatchObject({
      id: made.id,
      name: 'renamed',
      expires_at: null,
      metadata: { lease_id: 'l1' },
    });
    expect(cleared.expires_after).toBeUndefined();
    expect(await vectorStores.delete(made.id)).toEqual({
      id: made.id,
      object: 'vector_store.deleted',
      deleted: true,
    });
    await expect(vectorStores.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  it('answers an unknown id with 404 in the error shape, on every route', async () => {
    const { vectorStores } = fixture.sdk();
    const calls = [
      () => vectorStores.retrieve('vs_nope'),
      () => vectorStores.update('vs_nope', { name: 'x' }),
      () => vectorStores.delete('vs_nope'),
      () => vectorStores.files.list('vs_nope'),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        status: 404,
        type: 'invalid_request_error',
        error: { message: "No vector store found with id 'vs_nope'." },
      });
    }
  });

  it('pages newest first, 20 by default, forwards and backwards', async () => {
    const { vectorStores } = fixture.sdk('sk-pages');
    const ids: string[] = [];
    for (let n = 0; n < 25; n += 1) ids.unshift((await vectorStores.create({ name: `s${n}` })).id);
    const first = await vectorStores.list();
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 20));
    expect(first.has_more).toBe(true);
    expect(first).toMatchObject({ body: { first_id: ids[0], last_id: ids[19], object: 'list' } });
    const all = await collect(vectorStores.list({ limit: 7 }));
    expect(all.map(({ id }) => id)).toEqual(ids);
    const oldest = await vectorStores.list({ order: 'asc', limit: 3 });
    expect(oldest.data.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 3));
    const back = await vectorStores.list({ before: ids[10] ?? '', limit: 4 });
    expect(back.data.map(({ id }) => id)).toEqual(ids.slice(6, 10));
    const last = await vectorStores.list({ after: ids[22] ?? '' });
    expect(last.data.map(({ id }) => id)).toEqual(ids.slice(23));
    expect(last.has_more).toBe(false);
  });

  it('goes on after a cursor whose store was deleted meanwhile', async () => {
    const { vectorStores } = fixture.sdk('sk-cursor');
    const oldest = await vectorStores.create({ name: 'a' });
    const middle = await vectorStores.create({ name: 'b' });
    await vectorStores.create({ name: 'c' });
    await vectorStores.delete(middle.id);
    const rest = await vectorStores.list({ after: middle.id });
    expect(rest.data.map(({ id }) => id)).toEqual([oldest.id]);
  });

  it.each([
    ['limit', { limit: 101 }],
    ['limit', { limit: 0 }],
    ['after', { after: 'vs_never' }],
    ['order', { order: 'up' as 'asc' }],
  ])('refuses a bad %s in a listing', async (param, query) => {
    await expect(fixture.sdk().vectorStores.list(query)).rejects.toMatchObject({ status: 400, param });
  });

  it.each([
    ['17 pairs', { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v'])) }],
    ['a key of 65', { metadata: { ['k'.repeat(65)]: 'v' } }],
    ['a value of 513', { metadata: { key: 'v'.repeat(513) } }],
    ['0 days', { expires_after: { anchor: 'last_active_at' as const, days: 0 } }],
    ['366 days', { expires_after: { anchor: 'last_active_at' as const, days: 366 } }],
    ['another anchor', { expires_after: { anchor: 'created_at' as 'last_active_at', days: 1 } }],
  ])('refuses %s and makes nothing', async (_what, body) => {
    const { vectorStores } = fixture.sdk('sk-refused');
    await expect(vectorStores.create(body)).rejects.toMatchObject({ status: 400 });
    expect((await vectorStores.list()).data).toEqual([]);
  });

  it('takes metadata and days at their limits', async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 16 }, (_, n) => [`${n}`.padEnd(64, 'k'), 'é'.repeat(512)]),
    );
    const expiry = { anchor: 'last_active_at' as const, days: 365 };
    const made = await fixture.sdk().vectorStores.create({ metadata, expires_after: expiry });
    expect(made.metadata).toEqual(metadata);
  });

  it('keeps the accounts of two keys apart until told to share', async () => {
    const one = fixture.sdk('sk-account-1').vectorStores;
    const two = fixture.sdk('sk-account-2').vectorStores;
    const { id } = await one.create({ name: 'mine' });
    expect((await two.list()).data).toEqual([]);
    await expect(two.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(two.delete(id)).rejects.toMatchObject({ status: 404 });
    await fixture.control.config({ share_accounts: true });
    expect((await two.retrieve(id)).id).toBe(id);
  });

  it('refuses a store beyond the limit of the account', async () => {
    const { vectorStores } = fixture.sdk('sk-limit');
    await fixture.control.config({ store_limit: 2 });
    const first = await vectorStores.create({});
    await vectorStores.create({});
    await expect(vectorStores.create({})).rejects.toMatchObject({
      status: 400,
      code: 'vector_store_limit_exceeded',
    });
    await vectorStores.delete(first.id);
    await expect(vectorStores.create({})).resolves.toBeDefined();
  });

  it('shows a store as expired when told so; it can still be deleted', async () => {
    const { vectorStores } = fixture.sdk();
    const { id } = await vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 1 } });
    await fixture.control.expire(id);
    expect((await vectorStores.retrieve(id)).status).toBe('expired');
    expect((await vectorStores.delete(id)).deleted).toBe(true);
  });

  it('refuses a call without a key, an unknown path, a wrong method and a broken body', async () => {
    const { baseUrl } = fixture.simulator;
    const status = async (path: string, init: RequestInit) => (await fetch(baseUrl + path, init)).status;
    const headers = { authorization: 'Bearer sk-raw' };
    expect(await status('/vector_stores', {})).toBe(401);
    expect(await status('/nothing', { headers })).toBe(404);
    expect(await status('/vector_stores', { method: 'PUT', headers })).toBe(405);
    expect(await status('/vector_stores', { method: 'POST', headers, body: '{"name":' })).toBe(400);
  });
});
