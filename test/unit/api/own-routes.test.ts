import { describe, expect, it } from 'vitest';
import type { ApiDeps } from '../../../api/deps.ts';
import { ServiceError } from '../../../domain/errors.ts';
import { asker, refuse } from './ask.ts';
import { CAPACITY, DETAIL, LEASE_ID, stubApp } from './stub.ts';

const { ask, last } = asker();

describe('the own routes', () => {
  it('show a lease', async () => {
    const answer = await ask('GET', '/session/a%20b');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      lease_id: LEASE_ID,
      session_id: 'a b',
      state: 'active',
      vector_store_id: 'vs_1',
      registered: false,
      protected: false,
      expires_at: '2026-01-01T13:00:00.000Z',
      seconds_left: 3_600,
      created_at: '2026-01-01T12:00:00.000Z',
      renewed_at: null,
      ended_at: null,
      end_reason: null,
      files: ['file-1'],
      file_paths: ['/a'],
      deleted_files: ['file-0'],
      kept_files: [{ file_id: 'file-9', reason: 'attached_elsewhere' }],
      workflow_id: 'session/a b',
      workflow_url: 'http://127.0.0.1:8233/namespaces/default/workflows/session%2Fa%20b',
      waits_for: null,
      stuck: null,
      abandoned: [],
    });
    expect(answer.headers).not.toHaveProperty('x-lease-id');
  });

  it('are 404 with a code for an unknown session', async () => {
    const unknown = refuse(new ServiceError('SESSION_NOT_FOUND'));
    for (const [method, url] of [
      ['GET', '/session/a'],
      ['POST', '/session/a/release'],
      ['POST', '/session/a/protect'],
      ['POST', '/session/a/unprotect'],
    ] as const) {
      const answer = await ask(method, url, {
        leases: { get: unknown, release: unknown, setProtected: unknown },
      });
      expect([answer.statusCode, answer.json()]).toMatchObject([
        404,
        { detail: 'Session not found', code: 'SESSION_NOT_FOUND' },
      ]);
    }
  });

  it('list leases page by page', async () => {
    const answer = await ask('GET', '/sessions?state=active&stuck=no&limit=7&cursor=abc');
    expect(answer.json()).toMatchObject({ leases: [{ lease_id: LEASE_ID, stuck: null }], next_cursor: null });
    expect(answer.json<{ leases: object[] }>().leases[0]).not.toHaveProperty('files');
    expect(last().calls).toEqual([
      ['list', { state: 'active', stuck: false, abandoned: null, cursor: 'abc', limit: 7 }],
    ]);
    const all = await ask('GET', '/sessions');
    expect(all.statusCode).toBe(200);
    expect(last().calls).toEqual([
      ['list', { state: null, stuck: null, abandoned: null, cursor: null, limit: 50 }],
    ]);
  });

  it('show what holds the places', async () => {
    const answer = await ask('GET', '/capacity');
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        accounts: [
          {
            account_id: 1,
            provider: 'openai',
            base_url: 'https://api.example/v1',
            ...{ limit: 100, used: 99, free: 1, live: 90, draining: 4, stuck: 1, unleased: 1, foreign: 3 },
            foreign_counted: true,
            next_deadline: '2026-01-01T13:00:00.000Z',
            usage_bytes: 123,
            listed_at: null,
            forecast: [{ within_seconds: 60, leases: 2 }],
          },
        ],
      },
    ]);
    const unlimited = await ask('GET', '/capacity', {
      leases: { capacity: () => Promise.resolve([{ ...CAPACITY, limit: null, free: null }]) },
    });
    expect(unlimited.json()).toMatchObject({ accounts: [{ limit: null, free: null }] });
  });

  it('show what is stuck', async () => {
    const stuck = { since: '2026-01-01T00:00:00Z', attempts: 4, lastError: '401', nextTryAt: null };
    const answer = await ask('GET', '/session/a', {
      leases: { get: () => Promise.resolve({ ...DETAIL, state: 'draining', leftMs: null, stuck }) },
    });
    expect(answer.json()).toMatchObject({
      seconds_left: null,
      stuck: { since: '2026-01-01T00:00:00Z', attempts: 4, last_error: '401', next_try_at: null },
    });
  });

  it.each([
    ['/session/a/release', false],
    ['/session/a/release?force=true', true],
    ['/session/a/release?force=off', false],
  ])('%s is accepted', async (url, force) => {
    const answer = await ask('POST', url, { headers: { 'x-lease-id': LEASE_ID } });
    expect([answer.statusCode, answer.body]).toEqual([202, '{"status":"releasing"}']);
    expect(last().calls).toMatchObject([['release', { sessionId: 'a', leaseId: LEASE_ID, force }]]);
  });

  it('do not release a protected lease', async () => {
    const answer = await ask('POST', '/session/a/release', {
      leases: { release: refuse(new ServiceError('LEASE_PROTECTED')) },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'LEASE_PROTECTED' }]);
  });

  it.each([
    ['protect', true],
    ['unprotect', false],
  ])('%s answers the lease', async (verb, protect) => {
    const answer = await ask('POST', `/session/a/${verb}`);
    expect([answer.statusCode, answer.json()]).toMatchObject([
      200,
      { lease_id: LEASE_ID, files: ['file-1'] },
    ]);
    expect(last().calls).toEqual([['setProtected', 'a', protect]]);
  });

  it('list what no lease looks after', async () => {
    const answer = await ask('GET', '/orphans?kind=orphan&limit=7&cursor=abc');
    expect(answer.json()).toMatchObject({
      last_run: { run_id: '42', valid: true, actions: [{ store_id: 'vs_2', action: 'delete' }] },
      counts: { held: 1 },
      stores: [{ store_id: 'vs_2', kind: 'orphan', age_seconds: 7_201, sightings: 1, last_error: null }],
      next_cursor: null,
    });
    expect(last().calls).toEqual([['orphans', { kind: 'orphan', cursor: 'abc', limit: 7 }]]);
    await ask('GET', '/orphans');
    expect(last().calls).toEqual([['orphans', { kind: null, cursor: null, limit: 100 }]]);
    expect((await ask('GET', '/orphans?kind=nonsense')).statusCode).toBe(422);
  });

  it.each([
    ['/sweep', true],
    ['/sweep?dry_run=1', true],
    ['/sweep?dry_run=false', false],
  ])('%s answers the report of the sweep', async (url, dryRun) => {
    const answer = await ask('POST', url);
    expect([answer.statusCode, answer.json()]).toMatchObject([
      200,
      { run_id: '42', dry_run: dryRun, listed: 2, counts: { orphan: 1 } },
    ]);
    expect(last().calls).toEqual([['sweep', dryRun]]);
  });

  it('do not wait for ever for a sweep, and start one at a time', async () => {
    let sweep: ApiDeps['sweep'] = () => Promise.resolve({ workflowId: 'sweep-manual', workflowUrl: null });
    const { app } = await stubApp({ sweep: (dryRun) => sweep(dryRun) });
    const call = { method: 'POST', url: '/sweep', headers: { host: '127.0.0.1' } } as const;
    const slow = await app.inject(call);
    expect([slow.statusCode, slow.json()]).toEqual([
      202,
      { workflow_id: 'sweep-manual', workflow_url: null },
    ]);
    sweep = refuse(new ServiceError('SWEEP_RUNNING'));
    const running = await app.inject(call);
    expect([running.statusCode, running.json()]).toMatchObject([409, { code: 'SWEEP_RUNNING' }]);
    await app.close();
  });

  it.each([
    [true, 200, 'ready'],
    [false, 503, 'not_ready'],
  ])('tell readiness (%s)', async (ok, status, word) => {
    const components = { ledger: { ok: true, latency_ms: 1.5 }, worker: { ok, latency_ms: 2, extra: [1] } };
    const answer = await ask('GET', '/health/ready', { components });
    expect([answer.statusCode, answer.json()]).toEqual([status, { status: word, components }]);
  });

  it('give metrics that count this very route', async () => {
    await ask('POST', '/session/a/renew');
    await last().app.inject({ method: 'GET', url: '/nope', headers: { host: 'localhost' } });
    const answer = await last().app.inject({
      method: 'GET',
      url: '/metrics',
      headers: { host: 'localhost' },
    });
    expect(answer?.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer?.body).toContain(
      'loiter_killer_http_request_duration_seconds_count{route="/session/:session_id/renew",method="POST",status="2xx"} 1',
    );
    expect(answer?.body).toContain('{route="unknown",method="GET",status="4xx"} 1');
  });

  it('lead from / to a page that may run its own scripts only', async () => {
    const root = await ask('GET', '/');
    expect([root.statusCode, root.headers['location']]).toEqual([302, '/docs']);
    const page = await ask('GET', '/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('swagger-ui');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const openapi = await ask('GET', '/openapi.json');
    expect(openapi.json()).toMatchObject({ openapi: '3.1.0' });
  });
});
