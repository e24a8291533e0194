import { describe, expect, it } from 'vitest';
import type { ApiDeps } from '../../../api/deps.ts';
import { later } from '../../../api/later.ts';
import { ServiceError } from '../../../domain/errors.ts';
import type { Files } from '../../../files/contract.ts';
import { asker, refuse } from './ask.ts';
import { FILE_REPORT, UPLOAD } from './stub-files.ts';
import { LEASE_ID, stubApp } from './stub.ts';

const { ask, last } = asker();

const SHOWN = {
  ...{ upload_id: LEASE_ID, file_id: 'file-1', provider: 'openai', status: 'completed' },
  ...{ filename: 'a.txt', size_bytes: 5, sha256: 'ab'.repeat(32), mime_type: 'text/plain' },
  ...{ purpose: 'assistants', user_id: 'alice', session_id: null, plain: true },
  ...{ created_at: '2026-01-01T10:00:00.000Z', last_used: '2026-01-01T11:00:00.000Z', dedupe_hits: 2 },
  ...{ deleted_at: null, deletion_reason: null, provider_deleted_at: null, last_error: null },
  ...{ candidates: [], stuck: null },
};

describe('GET /files', () => {
  it('lists uploads page by page', async () => {
    const answer = await ask('GET', '/files?status=failed&provider=kimi&stuck=no&limit=7&cursor=abc');
    expect([answer.statusCode, answer.json()]).toEqual([200, { uploads: [SHOWN], next_cursor: null }]);
    expect(last().calls).toEqual([
      ['list', { status: 'failed', provider: 'kimi', stuck: false, cursor: 'abc', limit: 7 }],
    ]);
    await ask('GET', '/files');
    expect(last().calls).toEqual([
      ['list', { status: null, provider: null, stuck: null, cursor: null, limit: 50 }],
    ]);
  });

  it('shows all that can be said of an upload', async () => {
    const stuck = { since: '2026-01-01T00:00:00Z', attempts: 4, lastError: '401', nextTryAt: null };
    const upload = {
      ...UPLOAD,
      ...({ fileId: null, status: 'deleted', sessionId: 'a b', plain: false } as const),
      ...({ deletedAtMs: 0, deletionReason: 'lease_ended', providerDeletedAtMs: 1_000 } as const),
      ...{ lastError: 'timeout', candidates: ['file-8', 'file-9'], stuck },
    };
    const answer = await ask('GET', '/files', {
      files: { list: () => Promise.resolve({ uploads: [upload], nextCursor: 'next' }) },
    });
    expect(answer.json()).toEqual({
      uploads: [
        {
          ...SHOWN,
          ...{ file_id: null, status: 'deleted', session_id: 'a b', plain: false },
          ...{ deleted_at: '1970-01-01T00:00:00.000Z', deletion_reason: 'lease_ended' },
          ...{ provider_deleted_at: '1970-01-01T00:00:01.000Z', last_error: 'timeout' },
          candidates: ['file-8', 'file-9'],
          stuck: { since: '2026-01-01T00:00:00Z', attempts: 4, last_error: '401', next_try_at: null },
        },
      ],
      next_cursor: 'next',
    });
  });

  it.each([
    'status=gone',
    'provider=azure',
    'stuck=maybe',
    'limit=0',
    'limit=201',
    `cursor=${'x'.repeat(1025)}`,
  ])('refuses %s', async (query) => {
    expect((await ask('GET', `/files?${query}`)).statusCode).toBe(422);
    expect(last().calls).toEqual([]);
  });

  it('says so where a cursor cannot be read', async () => {
    const answer = await ask('GET', '/files?cursor=x', {
      files: { list: refuse(new ServiceError('REQUEST_INVALID')) },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
  });
});

describe('GET /files/stats', () => {
  it('tells of each provider, and of all', async () => {
    const answer = await ask('GET', '/files/stats');
    const one = {
      ...{ provider: 'openai', live_files: 1, live_bytes: 5, uploads: 2, dedupe_hits: 3, bytes_saved: 15 },
      ...{ failed: 4, deleting: 6, stuck: 7 },
    };
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { dedupe_hits: 6, bytes_saved: 30, providers: [one, { ...one, provider: 'kimi' }] },
    ]);
    const none = await ask('GET', '/files/stats', { files: { stats: () => Promise.resolve([]) } });
    expect(none.json()).toEqual({ dedupe_hits: 0, bytes_saved: 0, providers: [] });
  });
});

describe('GET /files/{id}', () => {
  it('shows a file and who holds it', async () => {
    const answer = await ask('GET', '/files/file%20%C3%A4?provider=glm');
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { file_id: 'file-1', provider: 'openai', uploads: [SHOWN], lease_ids: [LEASE_ID] },
    ]);
    expect(last().calls).toEqual([['get', { fileId: 'file ä', provider: 'glm' }]]);
    await ask('GET', '/files/file-1/');
    expect(last().calls).toEqual([['get', { fileId: 'file-1', provider: null }]]);
  });

  it.each([
    ['FILE_NOT_FOUND', 404],
    ['FILE_ID_AMBIGUOUS', 409],
    ['LEDGER_UNAVAILABLE', 503],
  ] as const)('answers %s with %i', async (code, status) => {
    const answer = await ask('GET', '/files/x', { files: { get: refuse(new ServiceError(code)) } });
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { code }]);
  });

  it.each(['/files/%FF', '/files/a%00b', `/files/${'x'.repeat(4_097)}`, '/files/x?provider=azure'])(
    'refuses %s',
    async (url) => {
      for (const method of ['GET', 'DELETE'] as const) {
        expect((await ask(method, url)).statusCode).toBe(422);
        expect(last().calls).toEqual([]);
      }
    },
  );
});

describe('DELETE /files/{id}', () => {
  it.each([
    ['/files/file-1', 'anonymous', null],
    ['/files/file-1?user_id=', 'anonymous', null],
    ['/files/file-1?user_id=alice%20b&provider=kimi', 'alice b', 'kimi'],
  ])('%s ends the hold of %s', async (url, userId, provider) => {
    const answer = await ask('DELETE', url);
    expect([answer.statusCode, answer.body]).toEqual([200, '{"status":"deleting"}']);
    expect(last().calls).toEqual([
      ['drop', { fileId: 'file-1', provider, userId, requestId: answer.headers['x-request-id'] }],
    ]);
  });

  it.each([
    ['FILE_NOT_FOUND', 404],
    ['FILE_IN_USE', 409],
    ['FILE_ID_AMBIGUOUS', 409],
  ] as const)('answers %s with %i', async (code, status) => {
    const answer = await ask('DELETE', '/files/x', { files: { drop: refuse(new ServiceError(code)) } });
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { code }]);
  });

  it('refuses a user whose name is too long', async () => {
    const answer = await ask('DELETE', `/files/x?user_id=${'x'.repeat(241)}`);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ detail: [{ loc: ['query', 'user_id'] }] });
  });
});

describe('the clean-up routes', () => {
  it.each([
    ['/files/cleanup', 'retention', false],
    ['/files/cleanup?dry_run=true', 'retention', true],
    ['/files/cleanup?dry_run=no', 'retention', false],
    ['/files/orphans/cleanup', 'orphans', false],
    ['/files/orphans/cleanup?dry_run=1', 'orphans', true],
  ])('%s answers the report', async (url, kind, dryRun) => {
    const answer = await ask('POST', url);
    expect([answer.statusCode, answer.json()]).toEqual([200, FILE_REPORT]);
    expect(last().calls).toEqual([['startFileRun', { kind, dryRun }]]);
  });

  it('refuse what is no flag, instead of cleaning up', async () => {
    expect((await ask('POST', '/files/cleanup?dry_run=maybe')).statusCode).toBe(422);
    expect(last().calls).toEqual([]);
  });

  it('name the workflow of a run that takes longer, and start one at a time', async () => {
    let startFileRun: ApiDeps['startFileRun'] = () =>
      Promise.resolve({ workflowId: 'files', workflowUrl: null });
    const { app } = await stubApp({ startFileRun: (wish) => startFileRun(wish) });
    const call = { method: 'POST', url: '/files/orphans/cleanup', headers: { host: '127.0.0.1' } } as const;
    const slow = await app.inject(call);
    expect([slow.statusCode, slow.json()]).toEqual([202, { workflow_id: 'files', workflow_url: null }]);
    startFileRun = refuse(new ServiceError('JOB_RUNNING'));
    const running = await app.inject(call);
    expect([running.statusCode, running.json()]).toMatchObject([409, { code: 'JOB_RUNNING' }]);
    await app.close();
  });

  it('wait no longer than they may', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { app } = await stubApp({ startFileRun: never, settings: { cleanupWaitMs: -5_990 } });
    const answer = await app.inject({
      method: 'POST',
      url: '/files/cleanup',
      headers: { host: '127.0.0.1' },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { code: 'TEMPORAL_UNAVAILABLE' }]);
    await app.close();
  });
});

describe('while the ledger is away', () => {
  it('every route of files is 503, what only asks the configuration too', async () => {
    const { face } = later<Files>();
    const routes = [
      ['POST', '/files'],
      ['GET', '/files'],
      ['GET', '/files/stats'],
      ['GET', '/files/x'],
      ['DELETE', '/files/x'],
    ] as const;
    for (const [method, url] of routes) {
      const answer = await ask(method, url, {
        files: {
          ...{ largestBytes: () => face.largestBytes(), list: () => face.list({} as never) },
          ...{ stats: () => face.stats(), get: () => face.get({} as never) },
          drop: () => face.drop({} as never),
        },
        ...(method === 'POST'
          ? { body: 'x', headers: { 'content-type': 'multipart/form-data; boundary=b' } }
          : {}),
      });
      expect([method, url, answer.statusCode, answer.json()]).toMatchObject([
        ...[method, url, 503],
        { code: 'LEDGER_UNAVAILABLE' },
      ]);
    }
  });
});

describe('a page of a listed origin', () => {
  it('may delete', async () => {
    const origin = 'https://app.example';
    const answer = await ask('OPTIONS', '/files/x', {
      settings: { corsOrigins: [origin], apiToken: 'secret' },
      headers: { origin, 'access-control-request-method': 'DELETE' },
    });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-methods']).toContain('DELETE');
  });
});
