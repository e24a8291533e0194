/** The routes that clients of the predecessor call, row by row, against the real service. */
import { beforeAll, describe, expect, it } from 'vitest';
import { query } from '../support/databases.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, call, leasesOf, post, show, track, upload } from './session-calls.ts';

const LEASE_SECONDS = 60;
const NOT_FOUND = '{"detail":"Session not found"}';
const UNKNOWN_LEASE = '01234567-89ab-cdef-0123-456789abcdef';

let stack: Stack;
let ids = 0;
/** A session id that no other test uses. */
const fresh = () => `s-${(ids += 1)}`;

beforeAll(async () => {
  stack = await startStack({
    LEASE_SECONDS,
    CONFIRM_GONE_SECONDS: 1,
    YOUNG_OBJECT_SECONDS: 2,
    OUTBOX_POLL_SECONDS: 1,
  });
});

const journal = () => stack.simulator.control.journal();
const storeAt = async (id: string) =>
  (await stack.simulator.control.state()).stores.find((one) => one.id === id);

describe('GET /health', () => {
  it('says exactly that it is healthy', async () => {
    const answer = await call(stack, 'GET', '/health');
    expect([answer.status, answer.text]).toEqual([200, '{"status":"healthy"}']);
  });
});

describe('acquire', () => {
  it('makes a tagged store that expires at the provider by itself, then answers the same one', async () => {
    const id = 'päris näht';
    const first = await post(stack, id, 'acquire');
    expect(first.status).toBe(200);
    const { vector_store_id: store } = first.json as { vector_store_id: string };
    expect(first.text).toBe(`{"vector_store_id":"${store}","reused":false,"files":[],"file_paths":[]}`);
    expect(store).toMatch(/^vs_test_/);
    const leaseId = first.headers.get('x-lease-id');
    expect(first.headers.get('x-lease-seconds')).toMatch(/^(59|60)$/);

    const made = await storeAt(store);
    expect(made).toMatchObject({ name: 'session_päris nä', expires_after_days: 7 });
    expect(made?.metadata).toMatchObject({ lease_id: leaseId, session_id: id });
    expect(Object.keys(made?.metadata ?? {}).toSorted()).toEqual([
      ...['lease_id', 'loiter_killer_instance', 'session_id'],
    ]);

    const again = await post(stack, id, 'acquire', { body: '{}' });
    expect(again.json).toEqual({ vector_store_id: store, reused: true, files: [], file_paths: [] });
    expect(again.headers.get('x-lease-id')).toBe(leaseId);
    expect(again.headers.get('x-lease-seconds')).toBe(String(LEASE_SECONDS));
  });

  it.each(['', '{}', '{"protected":false}', '{"protected":0,"unknown":[1]}', '{"protected":"OFF"}'])(
    'of the body %j has a deadline',
    async (body) => {
      const answer = await post(stack, fresh(), 'acquire', { body });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-lease-seconds')).toMatch(/^(59|60)$/);
    },
  );

  it.each(['{"protected":true}', '{"protected":1}', '{"protected":"Yes"}', '{"protected":"1"}'])(
    'of the body %j has none, neither here nor at the provider',
    async (body) => {
      const id = fresh();
      const answer = await post(stack, id, 'acquire', { body });
      expect(answer.status).toBe(200);
      expect(answer.headers.has('x-lease-seconds')).toBe(false);
      expect(answer.headers.get('x-lease-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await show(stack, id)).toMatchObject({ protected: true, expires_at: null, seconds_left: null });
      const { vector_store_id: store } = answer.json as { vector_store_id: string };
      expect((await storeAt(store))?.expires_after_days).toBeNull();
    },
  );

  it('with protected:true protects a lease that was not, and a later one without leaves it so', async () => {
    const id = fresh();
    const { vector_store_id: store } = await acquire(stack, id);
    const protecting = await post(stack, id, 'acquire', { body: '{"protected":true}' });
    expect(protecting.json).toMatchObject({ vector_store_id: store, reused: true });
    expect(protecting.headers.has('x-lease-seconds')).toBe(false);
    expect((await post(stack, id, 'acquire')).headers.has('x-lease-seconds')).toBe(false);
    for (const renewal of [await post(stack, id, 'renew'), await track(stack, id, ['file-1'])]) {
      expect(renewal.status).toBe(200);
      expect(renewal.headers.has('x-lease-seconds')).toBe(false);
    }
    expect(await show(stack, id)).toMatchObject({ protected: true, expires_at: null });
    await until(async () => (await storeAt(store))?.expires_after_days === null, {
      describe: "the provider's own expiry is cleared",
    });
  });

  it.each([
    ['{', 'json_invalid', ['body', 1]],
    ['[]', 'model_attributes_type', ['body']],
    ['{"protected":"maybe"}', 'bool_parsing', ['body', 'protected']],
    ['{"protected":2}', 'bool_parsing', ['body', 'protected']],
  ])('refuses the body %j and makes nothing', async (body, type, loc) => {
    const id = fresh();
    const answer = await post(stack, id, 'acquire', { body });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ detail: [{ type, loc, msg: expect.any(String) as string }] });
    expect(await leasesOf(stack, id)).toEqual([]);
  });

  it('ignores X-Lease-Id', async () => {
    const id = fresh();
    const headers = { 'x-lease-id': UNKNOWN_LEASE };
    expect((await post(stack, id, 'acquire', { headers })).status).toBe(200);
    expect((await post(stack, id, 'acquire', { headers })).status).toBe(200);
  });
});

describe('files', () => {
  it('echoes ids of a bare list and paths of an object, each in the order of first tracking', async () => {
    const id = fresh();
    await acquire(stack, id);
    expect((await track(stack, id, ['file-b', 'file-a', 'file-b'])).text).toBe('{"tracked":2}');
    expect((await track(stack, id, { file_paths: ['/z', '/a b/ä', '/z'] })).text).toBe('{"tracked":2}');
    expect((await track(stack, id, { file_ids: ['file-c', 'file-a'], file_paths: ['/m'] })).text).toBe(
      '{"tracked":2}',
    );
    expect((await track(stack, id, ['file-a', 'file-d'])).text).toBe('{"tracked":1}');
    expect((await track(stack, id, [])).text).toBe('{"tracked":0}');
    expect((await track(stack, id, { file_paths: [] })).text).toBe('{"tracked":0}');
    const held = await acquire(stack, id);
    expect(held.files).toEqual(['file-b', 'file-a', 'file-c', 'file-d']);
    expect(held.file_paths).toEqual(['/z', '/a b/ä', '/m']);
    expect(await show(stack, id)).toMatchObject({ files: held.files, file_paths: held.file_paths });
  });

  it('echoes what can be no file id, and never sends it to a provider', async () => {
    const id = fresh();
    await acquire(stack, id);
    const odd = ['../vector_stores/x', '', 'a b', 'fïle', 'x'.repeat(129), '/tmp/real.pdf', 'a?b', '..'];
    const real = [await upload(stack), `never_made-${'x'.repeat(117)}`];
    expect((await track(stack, id, [...odd, ...real])).json).toEqual({ tracked: odd.length + 2 });
    expect((await acquire(stack, id)).files).toEqual([...odd, ...real]);
    await post(stack, id, 'release');
    await until(async () => (await show(stack, id)).state === 'closed', { describe: 'closed' });
    const deletions = (await journal()).filter((entry) => entry.operation === 'delete_file');
    const sent = deletions.map((entry) => entry.target);
    expect([...new Set(sent)].toSorted()).toEqual(expect.arrayContaining(real.toSorted()));
    for (const target of sent) expect(odd).not.toContain(target);
    expect((await journal()).map((entry) => entry.operation)).not.toContain('unknown');
    expect((await show(stack, id)).deleted_files.toSorted()).toEqual(real.toSorted());
  });

  it('renews', async () => {
    const id = fresh();
    const { leaseId } = await acquire(stack, id);
    const before = await show(stack, id);
    const answer = await track(stack, id, ['file-1']);
    expect(answer.headers.get('x-lease-id')).toBe(leaseId);
    expect(answer.headers.get('x-lease-seconds')).toBe(String(LEASE_SECONDS));
    expect(Date.parse((await show(stack, id)).expires_at ?? '')).toBeGreaterThan(
      Date.parse(before.expires_at ?? ''),
    );
  });

  it.each([
    ['missing', ['body', 'file_paths'], '{}'],
    ['missing', ['body'], ''],
    ['string_type', ['body', 0], '[1]'],
    ['model_attributes_type', ['body'], 'true'],
    ['list_type', ['body', 'file_paths'], '{"file_paths":"x"}'],
    ['string_type', ['body', 'file_paths', 1], '{"file_paths":["x",null]}'],
    ['string_type', ['body', 'file_ids', 0], '{"file_ids":[7],"file_paths":[]}'],
    ['string_unicode', ['body', 0], '["a\\u0000b"]'],
    ['string_unicode', ['body', 0], '["\\ud800"]'],
    ['string_too_long', ['body', 0], JSON.stringify(['x'.repeat(4_097)])],
    ['too_long', ['body'], JSON.stringify(Array.from({ length: 10_001 }, () => 'x'))],
  ])('refuses a body (%#: %s at %j) before it looks for the session', async (type, loc, body) => {
    const answer = await post(stack, 'never-acquired', 'files', { body });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ detail: [{ type, loc }] });
  });

  it('takes 10 000 entries of 4096 bytes at most, 100 000 a lease', async () => {
    const id = fresh();
    await acquire(stack, id);
    expect((await track(stack, id, { file_paths: ['ü'.repeat(2_048)] })).text).toBe('{"tracked":1}');
    const file_paths = Array.from({ length: 10_000 }, (_, index) => `/most/${index}`);
    expect((await track(stack, id, { file_paths })).text).toBe('{"tracked":10000}');
    // As if it had eighty thousand more.
    const many =
      'UPDATE lease SET entry_count = entry_count + 80000 WHERE session_id = $1 RETURNING entry_count';
    expect(await query(stack.databaseUrl, many, [id])).toEqual([{ entry_count: 90_001 }]);
    const rest = Array.from({ length: 9_999 }, (_, index) => `/rest/${index}`);
    expect((await track(stack, id, { file_paths: rest })).text).toBe('{"tracked":9999}');
    const full = await track(stack, id, { file_paths: ['/one more'] });
    expect([full.status, full.json]).toMatchObject([409, { code: 'LEASE_FULL' }]);
    expect((await track(stack, id, { file_paths: ['/rest/1'] })).text).toBe('{"tracked":0}');
    await post(stack, id, 'release');
  });

  it('is 409 for a file that is being deleted', async () => {
    const [first, second] = [fresh(), fresh()];
    await Promise.all([acquire(stack, first), acquire(stack, second)]);
    const file = await upload(stack);
    await track(stack, first, [file]);
    await stack.simulator.control.setFault({ match: { id: file }, fault: { kind: 'hold', name: file } });
    await post(stack, first, 'release');
    await stack.simulator.control.waitForHeld(file);
    const answer = await track(stack, second, [file]);
    expect([answer.status, answer.json]).toMatchObject([409, { code: 'FILE_BEING_DELETED' }]);
    expect((await show(stack, second)).files).toEqual([]);
    await stack.simulator.control.release(file);
  });
});

describe('renew', () => {
  it('gives at least a full lease from now', async () => {
    const id = fresh();
    const { leaseId } = await acquire(stack, id);
    const asked = Date.now();
    const answer = await post(stack, id, 'renew');
    expect([answer.status, answer.text]).toEqual([200, '{"status":"renewed"}']);
    expect(answer.headers.get('x-lease-id')).toBe(leaseId);
    expect(answer.headers.get('x-lease-seconds')).toBe(String(LEASE_SECONDS));
    const { expires_at: expiresAt } = await show(stack, id);
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThanOrEqual(asked + LEASE_SECONDS * 1_000);
  });

  it.each(['renew', 'files'])('%s is 404 for a session that is unknown or draining', async (verb) => {
    const id = fresh();
    const request = { body: '["file-1"]' };
    expect(await post(stack, id, verb, request)).toMatchObject({ status: 404, text: NOT_FOUND });
    await acquire(stack, id);
    await post(stack, id, 'release');
    expect(await post(stack, id, verb, request)).toMatchObject({ status: 404, text: NOT_FOUND });
  });

  it('is 503 with Retry-After while the store is being made', async () => {
    const id = fresh();
    await stack.simulator.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: id },
    });
    const acquiring = acquire(stack, id);
    await stack.simulator.control.waitForHeld(id);
    for (const answer of [await post(stack, id, 'renew'), await track(stack, id, ['f'])]) {
      expect([answer.status, answer.json]).toMatchObject([503, { code: 'LEASE_SETTLING' }]);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    const registering = post(stack, id, 'register', { body: '{"vector_store_id":"vs_other"}' });
    await stack.simulator.control.release(id);
    const { vector_store_id: store } = await acquiring;
    expect((await registering).json).toEqual({ status: 'already_registered', existing_store_id: store });
  });
});

describe('X-Lease-Id', () => {
  it.each(['renew', 'files', 'release'])('of another lease: %s is 409 LEASE_REPLACED', async (verb) => {
    const id = fresh();
    const old = await acquire(stack, id);
    await post(stack, id, 'release');
    const body = verb === 'files' ? '["file-1"]' : undefined;
    const from = (leaseId: string) =>
      post(stack, id, verb, {
        headers: { 'x-lease-id': leaseId },
        ...(body === undefined ? {} : { body }),
      });
    if (verb !== 'release') expect((await from(old.leaseId)).status).toBe(404);
    const next = await acquire(stack, id);
    expect(next.vector_store_id).not.toBe(old.vector_store_id);
    for (const stale of [old.leaseId, UNKNOWN_LEASE, 'nonsense']) {
      const answer = await from(stale);
      expect([answer.status, answer.json]).toMatchObject([409, { code: 'LEASE_REPLACED' }]);
    }
    expect(await show(stack, id)).toMatchObject({ lease_id: next.leaseId, state: 'active', files: [] });
    expect((await from(next.leaseId)).status).toBe(verb === 'release' ? 202 : 200);
  });
});
