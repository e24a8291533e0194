/** Reports of other services' cleanups: taken, counted, and turned down without a trace. */
import { describe, expect, it } from 'vitest';
import { asker } from './ask.ts';

const { ask, last } = asker();
const REPORT = {
  ...{ deleted_count: 3, freed_bytes: 4_096, checked_count: 10, errors: 1, duration_ms: 12.5 },
  timestamp: '2026-01-02T03:04:05.678Z',
};
const SECONDS = Date.parse(REPORT.timestamp) / 1_000;

const post = (body: string, headers: Record<string, string> = {}) =>
  ask('POST', '/track/cleanup', { body, headers: { 'content-type': 'application/json', ...headers } });

const PREFIX = 'loiter_killer_reported_cleanup_';

/** What the api's metrics say of reports. */
async function counted(): Promise<Record<string, number>> {
  const lines = (await last().deps.metrics.render()).split('\n');
  const ours = lines.filter((line) => line.startsWith(PREFIX) && !line.includes('_bucket'));
  const samples = ours.map((line) => line.slice(PREFIX.length).split(' '));
  return Object.fromEntries(samples.map(([name = '', value]) => [name, Number(value)] as const));
}

describe('POST /track/cleanup', () => {
  it('counts a report, with or without further fields and a fraction', async () => {
    const answer = await post(JSON.stringify(REPORT));
    expect([answer.statusCode, answer.body]).toEqual([200, '{"status":"tracked"}']);
    const later = { ...REPORT, timestamp: '2026-01-02T04:04:06.678+01:00', duration_ms: 7, host: ['x'] };
    expect((await post(JSON.stringify(later))).statusCode).toBe(200);
    expect(await counted()).toEqual({
      ...{ deleted_total: 6, freed_bytes_total: 8_192, checked_total: 20, errors_total: 2 },
      ...{ duration_seconds_sum: 0.0195, duration_seconds_count: 2 },
      last_timestamp_seconds: SECONDS + 1,
    });
  });

  it('keeps the newest time, and none that is to come', async () => {
    await post(JSON.stringify({ ...REPORT, timestamp: '2001-01-01T00:00:00Z' }));
    expect((await counted())['last_timestamp_seconds']).toBe(SECONDS + 1);
    const before = Date.now() / 1_000;
    await post(JSON.stringify({ ...REPORT, timestamp: '2999-01-01T00:00:00Z' }));
    const now = (await counted())['last_timestamp_seconds'];
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now() / 1_000);
  });

  const counts = ['deleted_count', 'freed_bytes', 'checked_count', 'errors'] as const;
  const odd = [
    '-1',
    '"1"',
    'null',
    'true',
    'NaN',
    '1e999',
    '1e300',
    '9007199254740992',
    '[]',
    '{}',
    '{"a":1}',
  ];
  it.each([
    ...counts.flatMap((name) => [...odd, '1.5'].map((value) => [name, value] as const)),
    ...odd.map((value) => ['duration_ms', value] as const),
    ...['""', '"now"', '"2026-01-02"', '"2026-13-01T00:00:00Z"', '"2026-01-02T03:04:05Z (it was)"'].map(
      (value) => ['timestamp', value] as const,
    ),
    ...['1767322800', 'null', `"2026-01-02T03:04:05.${'0'.repeat(60)}Z"`].map(
      (value) => ['timestamp', value] as const,
    ),
  ])('refuses %s: %s, and nothing moves', async (name, value) => {
    const text = JSON.stringify({ ...REPORT, [name]: '@' }).replace('"@"', value);
    const before = await counted();
    const answer = await post(text);
    expect(answer.statusCode).toBe(422);
    const { detail } = answer.json<{ detail: { type: string; loc: unknown[] }[] }>();
    if (value === 'NaN') expect(detail[0]?.type).toBe('json_invalid');
    else expect(detail.map(({ loc }) => loc)).toEqual([['body', name]]);
    expect(await counted()).toEqual(before);
  });

  it('refuses what lacks a field, is no object, or has several faults at once; nothing was counted by all that', async () => {
    for (const name of Object.keys(REPORT)) {
      const answer = await post(JSON.stringify({ ...REPORT, [name]: undefined }));
      expect([answer.statusCode, answer.json<{ detail: object[] }>().detail]).toEqual([
        422,
        [expect.objectContaining({ type: 'missing', loc: ['body', name] })],
      ]);
    }
    for (const body of ['', 'null', '[]', '3', '"x"', '{'])
      expect((await post(body)).statusCode, body).toBe(422);
    expect((await post('{}')).json<{ detail: object[] }>().detail).toHaveLength(6);
    expect(await counted()).toMatchObject({ duration_seconds_count: 4, deleted_total: 12 });
  });

  it('takes zeros, the largest numbers, and a time without a zone as Python writes it', async () => {
    const zeros = { deleted_count: 0, freed_bytes: 0, checked_count: 0, errors: 0, duration_ms: 0 };
    const most = {
      deleted_count: 1e9,
      freed_bytes: 2 ** 50,
      checked_count: 1e9,
      errors: 1e9,
      duration_ms: 6.048e8,
    };
    for (const numbers of [zeros, most])
      for (const timestamp of ['2026-01-02T03:04:05.123456', '2026-01-02T03:04', REPORT.timestamp])
        expect((await post(JSON.stringify({ ...numbers, timestamp }))).statusCode).toBe(200);
  });

  it('needs the token, as other routes do', async () => {
    const settings = { apiToken: 'secret-token' };
    const send = (headers: Record<string, string>) =>
      ask('POST', '/track/cleanup', {
        settings,
        body: JSON.stringify(REPORT),
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await send({})).statusCode).toBe(401);
    expect(await counted()).toMatchObject({ duration_seconds_count: 0 });
    expect((await send({ authorization: 'Bearer secret-token' })).statusCode).toBe(200);
    expect(await counted()).toMatchObject({ duration_seconds_count: 1 });
  });
});
