/** Register, release, protection, ending many, looking at leases, and what is told to operators. */
import { beforeAll, describe, expect, it } from 'vitest';
import { TEST_MODE_KEY } from '../../config/index.ts';
import { query } from '../support/databases.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, call, leasesOf, post, show, track, type Shown } from './session-calls.ts';

const LEASE_SECONDS = 60;
const UNKNOWN = { detail: 'Session not found', code: 'SESSION_NOT_FOUND' };

let stack: Stack;
let ids = 0;
const fresh = () => `own-${(ids += 1)}`;

beforeAll(async () => {
  stack = await startStack({
    LEASE_SECONDS,
    ALLOW_NUKE: true,
    CONFIRM_GONE_SECONDS: 1,
    YOUNG_OBJECT_SECONDS: 2,
    OUTBOX_POLL_SECONDS: 1,
    TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
  });
});

const control = () => stack.simulator.control;
const storeAt = async (id: string) => (await control().state()).stores.find((one) => one.id === id);
const closed = (id: string) =>
  until(async () => (await show(stack, id)).state === 'closed', { describe: `${id} closed` });
const register = (id: string, body: object) => post(stack, id, 'register', { body: JSON.stringify(body) });

/** Makes a store at the provider behind the service's back. */
async function foreignStore(): Promise<string> {
  const answer = await fetch(`${stack.simulator.baseUrl}/vector_stores`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_MODE_KEY}`, 'content-type': 'application/json' },
    body: '{"name":"mine"}',
  });
  return ((await answer.json()) as { id: string }).id;
}

/** Puts the deadline into the past, once the workflow has looked and waits for the one it knows. */
async function makeDue(id: string): Promise<void> {
  const seen = `SELECT FROM lease WHERE session_id = $1 AND state = 'active' AND seen_version = wanted_version`;
  await until(async () => (await query(stack.databaseUrl, seen, [id])).length === 1, {
    describe: `the workflow of ${id} has looked`,
  });
  const past = `UPDATE lease SET expires_at = clock_timestamp() - interval '1 s' WHERE session_id = $1 AND state = 'active'`;
  await query(stack.databaseUrl, past, [id]);
}

describe('register', () => {
  it('puts a store under lease without asking the provider, protected unless told otherwise', async () => {
    const [guarded, plain] = [fresh(), fresh()];
    const stores = [await foreignStore(), await foreignStore()];
    const calls = (await control().journalPage()).last_seq;
    const first = await register(guarded, { vector_store_id: stores[0] });
    expect([first.status, first.text]).toEqual([200, '{"status":"registered"}']);
    expect((await register(plain, { vector_store_id: stores[1], protected: 'no' })).status).toBe(200);
    expect(await show(stack, guarded)).toMatchObject({ registered: true, protected: true, expires_at: null });
    expect(await show(stack, plain)).toMatchObject({ registered: true, protected: false });
    const again = await register(guarded, { vector_store_id: 'vs_other' });
    expect(again.json).toEqual({ status: 'already_registered', existing_store_id: stores[0] });
    expect(await acquire(stack, plain)).toMatchObject({ vector_store_id: stores[1], reused: true });
    const later = await control().journal(calls);
    expect(later.filter((entry) => entry.method !== 'GET' && entry.operation !== 'update_store')).toEqual([]);
    await post(stack, plain, 'release');
    await closed(plain);
    expect(await storeAt(stores[1] ?? '')).toBeUndefined();
  });

  it('already_registered renews', async () => {
    const id = fresh();
    await acquire(stack, id);
    const before = Date.parse((await show(stack, id)).expires_at ?? '');
    await register(id, { vector_store_id: 'vs_other' });
    expect(Date.parse((await show(stack, id)).expires_at ?? '')).toBeGreaterThan(before);
  });

  it('is 409 STORE_LEASED for a store that is held, draining, or recorded as deleted', async () => {
    const [id, other] = [fresh(), fresh()];
    const { vector_store_id: store } = await acquire(stack, id);
    const refused = async (session: string) => {
      const answer = await register(session, { vector_store_id: store });
      expect([answer.status, answer.json]).toMatchObject([409, { code: 'STORE_LEASED' }]);
    };
    await refused(other);
    await control().setFault({
      match: { operation: 'delete_store', id: store },
      fault: { kind: 'hold', name: store },
    });
    await post(stack, id, 'release');
    await control().waitForHeld(store);
    await refused(other);
    await refused(id);
    await control().release(store);
    await closed(id);
    await refused(other);
    await refused(id);
    expect(await leasesOf(stack, other)).toEqual([]);
  });

  it.each([
    ['{}', 'missing', ['body', 'vector_store_id']],
    ['{"vector_store_id":7}', 'string_type', ['body', 'vector_store_id']],
    ['{"vector_store_id":"vs_x","protected":"maybe"}', 'bool_parsing', ['body', 'protected']],
    ['["vs_x"]', 'model_attributes_type', ['body']],
    ['', 'missing', ['body']],
  ])('refuses %s', async (body, type, loc) => {
    const answer = await post(stack, 'never', 'register', { body });
    expect([answer.status, answer.json]).toMatchObject([422, { detail: [{ type, loc }] }]);
  });
});

describe('release', () => {
  it('ends the lease, once however often it is sent; the next acquire has a lease of its own', async () => {
    const id = fresh();
    const first = await acquire(stack, id);
    for (let times = 0; times < 3; times += 1) {
      const answer = await post(stack, id, 'release');
      expect([answer.status, answer.text]).toEqual([202, '{"status":"releasing"}']);
    }
    const next = await acquire(stack, id);
    expect(next).toMatchObject({ reused: false, files: [], file_paths: [] });
    await until(async () => (await storeAt(first.vector_store_id)) === undefined, { describe: 'deleted' });
    expect((await post(stack, id, 'release')).status).toBe(202);
    await closed(id);
    expect((await post(stack, id, 'release')).status).toBe(202);
    expect((await leasesOf(stack, id)).map((row) => row.end_reason)).toEqual(['released', 'released']);
  });

  it('is 404 for an unknown session, 409 for a protected lease unless forced', async () => {
    const id = fresh();
    expect([(await post(stack, id, 'release')).json]).toMatchObject([UNKNOWN]);
    await acquire(stack, id, { protected: true });
    const refused = await post(stack, id, 'release');
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'LEASE_PROTECTED' }]);
    expect((await call(stack, 'POST', `/session/${id}/release?force=maybe`)).status).toBe(422);
    expect((await show(stack, id)).state).toBe('active');
    expect((await call(stack, 'POST', `/session/${id}/release?force=true`)).status).toBe(202);
    await closed(id);
  });
});

describe('protect and unprotect', () => {
  it("move the provider's own expiry with them, and unprotect gives a full lease", async () => {
    const id = fresh();
    const { vector_store_id: store } = await acquire(stack, id);
    const expiry = async (days: number | null) =>
      until(async () => (await storeAt(store))?.expires_after_days === days, { describe: `expiry ${days}` });
    await expiry(7);
    const on = await post(stack, id, 'protect');
    expect([on.status, on.json]).toMatchObject([200, { protected: true, expires_at: null, files: [] }]);
    await expiry(null);
    expect((await post(stack, id, 'protect')).status).toBe(200);
    const asked = Date.now();
    const off = await post(stack, id, 'unprotect');
    expect([off.status, off.json]).toMatchObject([200, { protected: false }]);
    expect(Date.parse((off.json as Shown).expires_at ?? '')).toBeGreaterThanOrEqual(
      asked + LEASE_SECONDS * 1_000,
    );
    await expiry(7);
  });

  it.each(['protect', 'unprotect'])('%s is 404 where no lease is live', async (verb) => {
    const id = fresh();
    expect((await post(stack, id, verb)).json).toMatchObject(UNKNOWN);
    await acquire(stack, id);
    await post(stack, id, 'release');
    expect((await post(stack, id, verb)).status).toBe(404);
  });
});

describe('a deadline that passed unnoticed', () => {
  it.each(['acquire', 'renew', 'files'])('is revived by %s', async (verb) => {
    const id = fresh();
    const { leaseId } = await acquire(stack, id);
    await makeDue(id);
    const answer = await post(stack, id, verb, verb === 'files' ? { body: '["file-1"]' } : {});
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-lease-seconds')).toBe(String(LEASE_SECONDS));
    expect(await show(stack, id)).toMatchObject({ lease_id: leaseId, state: 'active' });
  });

  it('is ended by POST /cleanup, which counts what is proven gone', async () => {
    const [due, alive, guarded] = [fresh(), fresh(), fresh()];
    const { vector_store_id: store } = await acquire(stack, due);
    await Promise.all([acquire(stack, alive), acquire(stack, guarded, { protected: true })]);
    await makeDue(due);
    const answer = await call(stack, 'POST', '/cleanup');
    expect([answer.status, answer.text]).toEqual([200, '{"cleaned":1}']);
    expect(await storeAt(store)).toBeUndefined();
    expect(await show(stack, due)).toMatchObject({ state: 'closed', end_reason: 'expired' });
    expect((await show(stack, alive)).state).toBe('active');
    expect((await show(stack, guarded)).state).toBe('active');
    expect((await call(stack, 'POST', '/cleanup')).text).toBe('{"cleaned":0}');
  });
});

describe('GET /session/{id}', () => {
  it('shows the live lease, else the newest, with every field', async () => {
    const id = 'own ü';
    expect((await call(stack, 'GET', '/session/own%20%C3%BC')).json).toMatchObject(UNKNOWN);
    const { leaseId, vector_store_id: store } = await acquire(stack, id);
    await track(stack, id, { file_ids: ['file-own'], file_paths: ['/p'] });
    const shown = await show(stack, id);
    const { expires_at, created_at, renewed_at, ...rest } = shown as Shown & Record<string, string>;
    expect(rest).toEqual({
      lease_id: leaseId,
      session_id: id,
      state: 'active',
      vector_store_id: store,
      registered: false,
      protected: false,
      seconds_left: LEASE_SECONDS,
      ended_at: null,
      end_reason: null,
      files: ['file-own'],
      file_paths: ['/p'],
      deleted_files: [],
      kept_files: [],
      workflow_id: `session/${id}`,
      workflow_url: `http://127.0.0.1:8233/namespaces/${stack.namespace}/workflows/session%2Fown%20%C3%BC`,
      stuck: null,
      waits_for: null,
      abandoned: [],
    });
    for (const time of [expires_at, created_at, renewed_at]) expect(time).toMatch(/^\d{4}-.*T.*\.\d{3}Z$/);
    const before = await show(stack, id);
    expect((await show(stack, id)).expires_at).toBe(before.expires_at);
    await post(stack, id, 'release');
    await closed(id);
    expect(await show(stack, id)).toMatchObject({
      lease_id: leaseId,
      ended_at: expect.stringMatching(/Z$/) as string,
      end_reason: 'released',
      deleted_files: ['file-own'],
    });
  });
});

describe('GET /sessions', () => {
  it('pages through leases, newest first, by state', async () => {
    const mine = [fresh(), fresh(), fresh()];
    for (const id of mine) await acquire(stack, id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await call(stack, 'GET', `/sessions?limit=2&state=active${from}`);
      const page = answer.json as { leases: (Shown & { session_id: string })[]; next_cursor: string | null };
      expect(page.leases.length).toBeLessThanOrEqual(2);
      for (const lease of page.leases) {
        expect(lease.state).toBe('active');
        expect(Object.keys(lease)).not.toContain('files');
        seen.push(lease.session_id);
      }
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen.slice(0, 3)).toEqual(mine.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
    expect((await call(stack, 'GET', '/sessions?stuck=true')).json).toEqual({
      leases: [],
      next_cursor: null,
    });
  });

  it.each([
    ['limit=0', 'greater_than_equal', 'limit'],
    ['limit=201', 'less_than_equal', 'limit'],
    ['limit=many', 'int_parsing', 'limit'],
    ['state=alive', 'enum', 'state'],
    ['stuck=perhaps', 'bool_parsing', 'stuck'],
  ])('refuses ?%s', async (asked, type, field) => {
    const answer = await call(stack, 'GET', `/sessions?${asked}`);
    expect([answer.status, answer.json]).toMatchObject([422, { detail: [{ type, loc: ['query', field] }] }]);
  });

  it('refuses a cursor that is none', async () => {
    const answer = await call(stack, 'GET', '/sessions?cursor=nonsense');
    expect([answer.status, answer.json]).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
  });
});

describe('GET /health/ready', () => {
  it('maps every component with its latency', async () => {
    const answer = await until(
      async () => {
        const ready = await call(stack, 'GET', '/health/ready');
        return ready.status === 200 ? ready : null;
      },
      { describe: 'ready', deadlineMs: 30_000 },
    );
    const { components } = answer.json as { components: Record<string, { ok: boolean; latency_ms: number }> };
    expect(Object.keys(components)).toEqual(
      expect.arrayContaining(['ledger', 'temporal', 'worker', 'schedules']),
    );
    for (const component of Object.values(components)) {
      expect(component).toMatchObject({ ok: true, latency_ms: expect.any(Number) as number });
    }
    expect(components['schedules']).toMatchObject({
      schedules: ['prune-history', 'sweep', 'files-retention'].map((id) => ({
        ...{ id, present: true, paused: false, overdue: false },
      })),
    });
  });
});

describe('POST /nuke', () => {
  it('ends everything and lets registered stores go', async () => {
    const store = await foreignStore();
    const [kept, guarded, made] = [fresh(), fresh(), fresh()];
    await register(kept, { vector_store_id: store });
    await acquire(stack, guarded, { protected: true });
    await acquire(stack, made);
    const live = await query<{ registered: boolean }>(
      stack.databaseUrl,
      `SELECT registered FROM lease WHERE state = 'active'`,
    );
    const sessions = live.length;
    const stores = live.filter((lease) => !lease.registered).length;
    const answer = await call(stack, 'POST', '/nuke');
    expect(answer.text).toBe(
      `{"sessions_deleted":${sessions},"vector_stores_deleted":${stores},"message":"Successfully nuked ` +
        `${sessions} sessions and ${stores} vector stores with all their files"}`,
    );
    for (const id of [kept, guarded, made]) await closed(id);
    expect(await show(stack, kept)).toMatchObject({ end_reason: 'nuked' });
    expect(await storeAt(store)).toBeDefined();

    await register(kept, { vector_store_id: store });
    const again = await call(stack, 'POST', '/nuke?registered=true');
    expect(again.json).toMatchObject({ sessions_deleted: 1, vector_stores_deleted: 1 });
    expect(await storeAt(store)).toBeUndefined();
    expect((await call(stack, 'POST', '/nuke')).json).toMatchObject({ sessions_deleted: 0 });
  });
});
