/** What the provider does wrong: what is recorded, who is asked next, and what the caller is told. */
import { describe, expect, it } from 'vitest';
import { breakerState } from '../../ledger/queries/provider-limit.ts';
import type { Fault } from '../../simulator/contract.ts';
import { until } from '../support/until.ts';
import { codeOf } from './kit.ts';
import { openFileBench, type FileBench } from './files-kit.ts';
import { failAt, sentTo, told, uploadBy, uploadRows } from './upload-kit.ts';

const STATUS = (status: number, more: object = {}): Fault => ({ kind: 'status', status, ...more });
const AWAY = STATUS(503);

/** Kind of fault, how the row ends, and what the caller of that provider alone is told. */
const CLASSES: readonly (readonly [string, Fault, boolean, string])[] = [
  ['throttled', STATUS(429, { retry_after: 7 }), false, 'PROVIDER_THROTTLED'],
  ['turned down for the moment', STATUS(409), false, 'PROVIDER_UNAVAILABLE'],
  ['away after it was sent', STATUS(500), true, 'PROVIDER_UNAVAILABLE'],
  ['cut off before', { kind: 'drop_before' }, true, 'PROVIDER_UNAVAILABLE'],
  ['cut off after it was taken', { kind: 'drop_after' }, true, 'PROVIDER_UNAVAILABLE'],
  ['an answer that cannot be read', { kind: 'invalid_json' }, true, 'PROVIDER_UNAVAILABLE'],
  ['half an answer', { kind: 'cut_body' }, true, 'PROVIDER_UNAVAILABLE'],
  ['an answer without an id', { kind: 'answer', body: {} }, true, 'PROVIDER_UNAVAILABLE'],
];

describe('a provider that may take it another time', () => {
  it.each(CLASSES)('%s: the next one has it', async (_what, fault, uncertain) => {
    const bench = await openFileBench();
    await failAt(bench, 'openai', { fault });
    expect(await uploadBy(bench)).toMatchObject({ provider: 'kimi', deduplicated: false });
    expect(await uploadRows(bench)).toMatchObject([
      {
        provider: 'openai',
        upload_status: 'failed',
        uncertain,
        claims: false,
        last_error: expect.any(String),
      },
      { provider: 'kimi', upload_status: 'completed' },
    ]);
    expect(bench.told.due > 0).toBe(uncertain);
    expect(told(bench, 'uploaded')).toEqual([
      ['openai', 'failed', 7],
      ['kimi', 'success', 7],
    ]);
    expect(told(bench, 'attempted')).toEqual([['kimi', 'anonymous']]);
    expect(bench.logged).toMatchObject([
      { event: 'file_upload_attempt_failed', provider: 'openai', uncertain },
      { event: 'file_uploaded', provider: 'kimi' },
    ]);
  });

  it.each(CLASSES)('%s: who asked for it is told', async (_what, fault, _uncertain, code) => {
    const bench = await openFileBench();
    await failAt(bench, 'kimi', { fault });
    const told = await uploadBy(bench, { provider: 'kimi' }).catch((error: unknown) => error);
    const seconds = code === 'PROVIDER_THROTTLED' ? 7 : 5;
    expect(told).toMatchObject({ code, retryAfterSeconds: seconds });
    expect(await sentTo(bench)).toHaveLength(1);
    expect(bench.logged.at(-1)).toMatchObject({ event: 'file_upload_failed', provider: 'kimi', code });
  });

  it('all of them: 503, and the shortest time to wait', async () => {
    const bench = await openFileBench();
    await failAt(bench, 'openai', { fault: STATUS(503, { retry_after: 50 }) });
    await failAt(bench, 'kimi', { fault: STATUS(429, { retry_after: 20 }) });
    await failAt(bench, 'glm', { fault: STATUS(503, { retry_after: 30 }) });
    await expect(uploadBy(bench)).rejects.toMatchObject({
      code: 'ALL_PROVIDERS_UNAVAILABLE',
      retryAfterSeconds: 20,
    });
    expect((await uploadRows(bench)).map((row) => row.upload_status)).toEqual(Array(3).fill('failed'));
    expect(told(bench, 'attempted')).toEqual([['glm', 'anonymous']]);
  });
});

describe('a provider that is full by its own count', () => {
  it('leaves the turn to the next, and is told where it was asked for', async () => {
    const bench = await openFileBench();
    await bench.control.config({ kimi_file_limit: 1 });
    await uploadBy(bench, { provider: 'kimi', content: 'first' });
    expect(await codeOf(uploadBy(bench, { provider: 'kimi' }))).toBe('PROVIDER_FILE_COUNT_REACHED');
    const other = await bench.another({ providers: ['kimi', 'glm'] });
    expect(await uploadBy(other)).toMatchObject({ provider: 'glm' });
    expect((await uploadRows(bench)).filter((row) => row.uncertain)).toEqual([]);
  });
});

describe('a refusal', () => {
  it.each([400, 401, 403, 404, 413, 422])('%d ends it: nobody else is asked', async (status) => {
    const bench = await openFileBench();
    await failAt(bench, 'openai', { fault: STATUS(status) });
    expect(await codeOf(uploadBy(bench))).toBe('PROVIDER_REFUSED');
    expect(await sentTo(bench)).toHaveLength(1);
    expect(await uploadRows(bench)).toMatchObject([{ upload_status: 'failed', uncertain: false }]);
  });

  it('keeps no secret and not much text of the provider', async () => {
    const bench = await openFileBench();
    const message = `sk-abcdefghijkl is wrong ${'x'.repeat(900)}`;
    await failAt(bench, 'openai', { fault: STATUS(400, { body: { error: { message } } }) });
    await codeOf(uploadBy(bench));
    const [row] = await uploadRows(bench);
    expect(row?.last_error).toContain('[hidden] is wrong');
    expect(row?.last_error?.length).toBeLessThanOrEqual(240);
    expect(JSON.stringify(bench.logged)).not.toContain('sk-abcdefghijkl');
  });
});

describe('time', () => {
  it.each(['before', 'after'] as const)(
    'that runs out with the provider silent (%s it took it): 504, and the upload is to be settled',
    async (phase) => {
      const bench = await openFileBench({ settings: { uploadTimeoutMs: 3_000 } });
      await failAt(bench, 'openai', { fault: { kind: 'hang' }, phase });
      expect(await codeOf(uploadBy(bench))).toBe('UPLOAD_TIMEOUT');
      expect(await uploadRows(bench)).toMatchObject([
        { provider: 'openai', upload_status: 'failed', uncertain: true, claims: false },
      ]);
      expect(bench.told.due).toBe(1);
      expect((await bench.control.state()).files).toHaveLength(phase === 'before' ? 0 : 1);
    },
  );
});

describe('the breaker', () => {
  const openIt = async (bench: FileBench, name: 'openai' | 'kimi' | 'glm') => {
    await failAt(bench, name, { fault: AWAY });
    for (const n of [1, 2, 3, 4, 5])
      await codeOf(uploadBy(bench, { provider: name, content: `${name} ${n}` }));
    await bench.control.clearFaults();
    expect((await breakerState(bench.ledger, bench.account(name).accountId))?.reason).toBe('failing');
  };

  it('open: the next has it, and the provider is not asked', async () => {
    const bench = await openFileBench();
    await openIt(bench, 'openai');
    bench.metered.length = 0;
    expect(await uploadBy(bench)).toMatchObject({ provider: 'kimi' });
    expect(await sentTo(bench, 'openai')).toHaveLength(5);
    expect(told(bench, 'uploaded')).toEqual([['kimi', 'success', 7]]);
    await expect(uploadBy(bench, { content: 'b', provider: 'openai' })).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryAfterSeconds: expect.any(Number),
    });
    expect((await uploadRows(bench)).at(-1)).toMatchObject({ upload_status: 'failed', uncertain: false });
  });

  it('of all of them: 503 with the time until the first opens again', async () => {
    const bench = await openFileBench();
    for (const name of ['openai', 'kimi', 'glm'] as const) await openIt(bench, name);
    const before = (await sentTo(bench)).length;
    const told = await uploadBy(bench).catch((error: unknown) => error);
    expect(told).toMatchObject({ code: 'ALL_PROVIDERS_UNAVAILABLE' });
    expect((told as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(50);
    expect(await sentTo(bench)).toHaveLength(before);
  });

  it('half open: one call tries, and closes it by itself', async () => {
    const bench = await openFileBench();
    await openIt(bench, 'openai');
    await bench.sql(`UPDATE provider_limit SET open_until = clock_timestamp() WHERE open_reason IS NOT NULL`);
    await until(
      async () => (await uploadBy(bench, { provider: 'openai' }).catch(() => undefined)) !== undefined,
      {
        describe: 'the breaker lets a call pass',
      },
    );
    await until(
      async () => (await breakerState(bench.ledger, bench.account('openai').accountId))?.reason === null,
      { describe: 'the breaker is closed' },
    );
    expect(await uploadBy(bench, { content: 'b' })).toMatchObject({ provider: 'openai' });
  });
});
