/** What a user may have, and what an account may: never exceeded, however many ask at once and in whichever process. */
import { describe, expect, it } from 'vitest';
import { codeOf } from './kit.ts';
import { openFileBench, type FileOptions } from './files-kit.ts';
import { sentTo, told, uploadBy, uploadRows } from './upload-kit.ts';

const TEN = 'x'.repeat(10);
/** So many different contents of ten bytes. */
const tens = (count: number) => Array.from({ length: count }, (_, n) => `${n}`.padStart(10, 'x'));
const count = (codes: readonly string[], code: string) => codes.filter((one) => one === code).length;

async function three(options: FileOptions) {
  const bench = await openFileBench(options);
  return { bench, parts: [bench, await bench.another(), await bench.another()] };
}

describe('the quota of a user', () => {
  const settings = { userQuotaBytes: 50 };

  it('is not exceeded by uploads at once in three processes, nor by one that is under way', async () => {
    const { bench, parts } = await three({ settings });
    await bench.control.setFault({
      match: { operation: 'upload_file' },
      times: 0,
      fault: { kind: 'latency', ms: 50 },
    });
    const codes = await Promise.all(
      tens(12).map((content, n) => codeOf(uploadBy(parts[n % 3] ?? bench, { content, userId: 'ann' }))),
    );
    expect([count(codes, 'OK'), count(codes, 'QUOTA_EXCEEDED')]).toEqual([5, 7]);
    expect(await sentTo(bench)).toHaveLength(5);
    expect(await uploadRows(bench)).toHaveLength(5);
    expect(parts.flatMap((part) => told(part, 'refused'))).toHaveLength(7);
    expect(await codeOf(uploadBy(bench, { content: TEN, userId: 'bob' }))).toBe('OK');
  });

  it('counts a hit for its user, at once too', async () => {
    const { bench, parts } = await three({ settings });
    const contents = tens(8);
    for (const content of contents) await uploadBy(bench, { content, userId: content });
    const codes = await Promise.all(
      contents.map((content, n) => codeOf(uploadBy(parts[n % 3] ?? bench, { content, userId: 'ann' }))),
    );
    expect([count(codes, 'OK'), count(codes, 'QUOTA_EXCEEDED')]).toEqual([5, 3]);
    expect(await sentTo(bench)).toHaveLength(8);
  });

  it('is not asked for what the user has already', async () => {
    const bench = await openFileBench({ settings: { userQuotaBytes: 10 } });
    const first = await uploadBy(bench, { content: TEN });
    expect(await uploadBy(bench, { content: TEN })).toMatchObject({
      fileId: first.fileId,
      deduplicated: true,
    });
    expect(await codeOf(uploadBy(bench, { content: 'x' }))).toBe('QUOTA_EXCEEDED');
  });

  it('is given back by a deletion, and by an upload that fails', async () => {
    const bench = await openFileBench({ settings: { userQuotaBytes: 10 } });
    await bench.control.setFault({
      match: { operation: 'upload_file' },
      fault: { kind: 'status', status: 400 },
    });
    expect(await codeOf(uploadBy(bench, { content: TEN, provider: 'openai' }))).toBe('PROVIDER_REFUSED');
    const { fileId } = await uploadBy(bench, { content: TEN });
    expect(await codeOf(uploadBy(bench, { content: 'x' }))).toBe('QUOTA_EXCEEDED');
    await bench.files.drop({ fileId, provider: null, userId: 'anonymous', requestId: 'r' });
    expect(await codeOf(uploadBy(bench, { content: 'x' }))).toBe('OK');
  });

  it('refuses one file that is larger than any of a user may be', async () => {
    const bench = await openFileBench({ settings: { maxUserFileBytes: 10 } });
    expect(await codeOf(uploadBy(bench, { content: TEN }))).toBe('OK');
    expect(await codeOf(uploadBy(bench, { content: `${TEN}x` }))).toBe('QUOTA_EXCEEDED');
    expect(await uploadRows(bench)).toHaveLength(1);
  });
});

describe('the limits of an account', () => {
  const uploadLimits = { openai: { maxFiles: 3 }, kimi: { maxTotalBytes: 40 } };

  it('are kept at their edge by uploads at once in three processes; the rest go to the next', async () => {
    const { bench, parts } = await three({ uploadLimits });
    const made = await Promise.all(
      tens(9).map((content, n) => uploadBy(parts[n % 3] ?? bench, { content, userId: `user ${n}` })),
    );
    const to = made.map(({ provider }) => provider);
    expect([count(to, 'openai'), count(to, 'kimi'), count(to, 'glm')]).toEqual([3, 4, 2]);
    for (const name of ['openai', 'kimi', 'glm'] as const) {
      expect(await sentTo(bench, name)).toHaveLength(count(to, name));
    }
    // Nothing was written down for an account that had no place.
    expect(await uploadRows(bench)).toHaveLength(9);
  });

  it('are told where the provider was asked for, or no other is left', async () => {
    const bench = await openFileBench({ uploadLimits, providers: ['openai', 'kimi'] });
    for (const content of tens(7)) await uploadBy(bench, { content });
    for (const wish of [{ provider: 'openai' }, { provider: 'kimi' }, {}]) {
      await expect(uploadBy(bench, { content: TEN, ...wish })).rejects.toMatchObject({
        code: 'PROVIDER_FILE_COUNT_REACHED',
        retryAfterSeconds: 60,
      });
    }
  });

  it('are free again when a file is proven gone, and not before', async () => {
    const bench = await openFileBench({ uploadLimits: { openai: { maxFiles: 1 } } });
    const { fileId } = await uploadBy(bench, { content: TEN, provider: 'openai' });
    await bench.files.drop({ fileId, provider: 'openai', userId: 'anonymous', requestId: 'r' });
    expect(await codeOf(uploadBy(bench, { content: 'y', provider: 'openai' }))).toBe(
      'PROVIDER_FILE_COUNT_REACHED',
    );
    await bench.sql(`UPDATE file SET provider_deleted_at = clock_timestamp()`);
    expect(await codeOf(uploadBy(bench, { content: 'y', provider: 'openai' }))).toBe('OK');
  });

  it('do not stand in the way of a hit', async () => {
    const bench = await openFileBench({ uploadLimits: { openai: { maxFiles: 1 } } });
    await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    expect(await uploadBy(bench, { userId: 'bob', provider: 'openai' })).toMatchObject({
      deduplicated: true,
    });
  });
});

describe('turns to send', () => {
  it('are so many at once in a process; who waits too long is sent away, and leaves nothing', async () => {
    const settings = { maxConcurrentUploads: 2, slotWaitMs: 300 };
    const bench = await openFileBench({ settings });
    await bench.control.setFault({
      match: { operation: 'upload_file' },
      times: 0,
      fault: { kind: 'hold', name: 'sent' },
    });
    const first = tens(2).map((content) => uploadBy(bench, { content }));
    await bench.control.waitForHeld('sent', { count: 2 });
    await expect(uploadBy(bench, { content: TEN })).rejects.toMatchObject({
      code: 'UPLOADS_BUSY',
      retryAfterSeconds: 5,
    });
    expect(await sentTo(bench)).toHaveLength(2);
    expect(await uploadRows(bench)).toHaveLength(2);
    await bench.control.clearFaults();
    const third = uploadBy(bench, { content: TEN });
    await bench.control.release('sent');
    await Promise.all([...first, third]);
  });

  it('are waited for at shutdown, no longer than told', async () => {
    const bench = await openFileBench();
    await bench.control.setFault({
      match: { operation: 'upload_file' },
      fault: { kind: 'hold', name: 'sent' },
    });
    const asking = uploadBy(bench);
    await bench.control.waitForHeld('sent');
    await bench.files.settle(20);
    expect((await uploadRows(bench)).map((row) => row.upload_status)).toEqual(['uploading']);
    const settled = bench.files.settle(5_000);
    await bench.control.release('sent');
    await settled;
    expect((await uploadRows(bench)).map((row) => row.upload_status)).toEqual(['completed']);
    await asking;
  });
});
