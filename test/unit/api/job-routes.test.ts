/** The routes of the maintenance jobs over a stub: what they ask for, and what they answer. */
import { describe, expect, it } from 'vitest';
import type { ApiDeps } from '../../../api/deps.ts';
import { ServiceError } from '../../../domain/errors.ts';
import { stubApp, type Options } from './stub.ts';

const ROUTES = [
  ['/results/cleanup', 'results-cleanup'],
  ['/aged-files/cleanup', 'aged-files-cleanup'],
  ['/conversations/cleanup', 'conversations-cleanup'],
  ['/backups', 'backups'],
] as const;
const DRY = ROUTES.slice(0, 3);
const MORE = ['/files/cleanup', '/files/orphans/cleanup'] as const;

interface Call {
  readonly url: string;
  readonly payload?: string;
  readonly type?: string;
}

async function post({ url, payload, type = 'application/json' }: Call, options: Options = {}) {
  const { app, calls } = await stubApp(options);
  const headers = { host: '127.0.0.1', ...(payload === undefined ? {} : { 'content-type': type }) };
  const answer = await app.inject({
    method: 'POST',
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  await app.close();
  const body: unknown = answer.json();
  return { status: answer.statusCode, body, calls };
}

const refusing = (code: 'JOB_OFF' | 'JOB_RUNNING'): Options => ({
  jobs: { start: () => Promise.reject(new ServiceError(code)) },
});

it('GET /backups is answered although the disk does not answer', async () => {
  const { app } = await stubApp({ jobs: { backups: () => Promise.withResolvers<never>().promise } });
  const answer = await app.inject({ method: 'GET', url: '/backups', headers: { host: '127.0.0.1' } });
  expect([answer.statusCode, answer.json()]).toMatchObject([503, { code: 'BACKUPS_UNAVAILABLE' }]);
  await app.close();
});

describe.each(ROUTES)('POST %s', (url, job) => {
  it('starts a real run, and names its workflow where it takes longer', async () => {
    const { status, body, calls } = await post({ url });
    expect([status, body]).toEqual([202, { workflow_id: 'job-manual', workflow_url: null }]);
    expect(calls).toEqual([['start', { job, dryRun: false, retentionDays: undefined }]]);
  });

  it.each(['dry-run=true', 'dryrun=1', 'DRY_RUN=true', 'retention-days=3'])(
    'starts nothing for ?%s',
    async (query) => {
      const { status, body, calls } = await post({ url: `${url}?${query}` });
      const field = query.split('=')[0];
      expect([status, body]).toMatchObject([
        422,
        { detail: [{ type: 'extra_forbidden', loc: ['query', field] }] },
      ]);
      expect(calls).toEqual([]);
    },
  );

  it.each([
    ['{"dry_run":true}', 'application/json'],
    ['dry_run=true', 'application/x-www-form-urlencoded'],
    ['[1]', 'application/json'],
  ])('starts nothing for a body of %s', async (payload, type) => {
    const { status, body, calls } = await post({ url, payload, type });
    expect([status, body]).toMatchObject([422, { detail: [{ type: 'extra_forbidden', loc: ['body'] }] }]);
    expect(calls).toEqual([]);
  });

  it.each(['{}', '', '[]'])('takes a client that sends "%s" with everything', async (payload) => {
    expect((await post({ url, payload })).status).toBe(202);
  });

  it.each(['JOB_OFF', 'JOB_RUNNING'] as const)('answers 409 %s', async (code) => {
    expect(await post({ url }, refusing(code))).toMatchObject({ status: 409, body: { code } });
  });

  it('waits no longer than it may', async () => {
    const start: ApiDeps['jobs']['start'] = () => new Promise<never>(() => undefined);
    const { status, body } = await post({ url }, { jobs: { start }, settings: { cleanupWaitMs: -5_990 } });
    expect([status, body]).toMatchObject([503, { code: 'TEMPORAL_UNAVAILABLE' }]);
  });
});

describe.each(DRY)('POST %s', (url, job) => {
  it.each([
    ['dry_run=true', true],
    ['dry_run=1', true],
    ['dry_run=no', false],
  ])('?%s', async (query, dryRun) => {
    const { calls } = await post({ url: `${url}?${query}` });
    expect(calls).toEqual([['start', { job, dryRun, retentionDays: undefined }]]);
  });

  it('starts nothing for what is no flag', async () => {
    const { status, calls } = await post({ url: `${url}?dry_run=perhaps` });
    expect([status, calls]).toEqual([422, []]);
  });
});

it.each(MORE)('POST %s starts nothing for a misspelt wish either', async (url) => {
  expect(await post({ url: `${url}?dry-run=true` })).toMatchObject({ status: 422, calls: [] });
  expect(await post({ url, payload: '{"dry_run":true}' })).toMatchObject({ status: 422, calls: [] });
});

it.each([
  ['1', 1],
  ['36500', 36_500],
])('?retention_days=%s', async (text, retentionDays) => {
  const { calls } = await post({ url: `/conversations/cleanup?retention_days=${text}` });
  expect(calls).toEqual([['start', { job: 'conversations-cleanup', dryRun: false, retentionDays }]]);
});

it.each(['0', '-1', '1.5', '36501', 'week', ''])('?retention_days=%s is 422', async (text) => {
  const { status, calls } = await post({ url: `/conversations/cleanup?retention_days=${text}` });
  expect([status, calls]).toEqual([422, []]);
});

it('a run that has ended is answered as it is', async () => {
  const result = {
    ...{ deleted_count: 1, freed_bytes: 2, checked_count: 3, errors: 0, duration_ms: 0.5 },
    ...{ leftovers_deleted: 0, dry_run: false },
  };
  const jobs = { start: () => Promise.resolve({ result }) };
  expect(await post({ url: '/results/cleanup' }, { jobs })).toMatchObject({ status: 200, body: result });
});
