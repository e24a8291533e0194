/** Equal content: sent once, however many ask and in whichever process; answered only by what is surely there. */
import { describe, expect, it } from 'vitest';
import type { FileSettings } from '../../files/index.ts';
import { until } from '../support/until.ts';
import { codeOf } from './kit.ts';
import { openFileBench, seedUpload, type FileBench } from './files-kit.ts';
import { failAt, fileRows, sentTo, told, uploadBy, uploadRows } from './upload-kit.ts';

const HOUR_S = 3_600;
/** The only file there is, at the provider and in the ledger. */
async function withFile(bench: FileBench, userId = 'ann') {
  const made = await uploadBy(bench, { userId, provider: 'openai' });
  const [row] = await uploadRows(bench);
  if (row === undefined) throw new Error('no upload was recorded');
  return { ...made, uploadId: row.upload_id };
}

describe('many at once', () => {
  it.each(['one user', 'twenty users'])('twenty of %s in three processes make one upload', async (who) => {
    const bench = await openFileBench();
    const parts = [bench, await bench.another(), await bench.another()];
    await bench.control.setFault({
      match: { operation: 'upload_file' },
      fault: { kind: 'hold', name: 'sent' },
    });
    const asking = Array.from({ length: 20 }, (_, n) =>
      uploadBy(parts[n % 3] ?? bench, { userId: who === 'one user' ? 'ann' : `user ${n}` }),
    );
    await bench.control.waitForHeld('sent');
    await bench.control.release('sent');
    const made = await Promise.all(asking);
    expect(new Set(made.map(({ fileId }) => fileId)).size).toBe(1);
    expect(made.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    expect(await sentTo(bench)).toHaveLength(1);
    expect(parts.flatMap((part) => told(part, 'deduplicated'))).toHaveLength(19);
    const rows = await uploadRows(bench);
    expect(rows).toHaveLength(who === 'one user' ? 1 : 20);
    expect(rows.reduce((sum, row) => sum + Number(row.dedupe_hits), 0)).toBe(19);
    expect(rows.every((row) => row.upload_status === 'completed' && row.plain)).toBe(true);
    expect(rows.filter((row) => row.sent)).toHaveLength(1);
  });

  it('another provider, another purpose, another content: each its own upload', async () => {
    const bench = await openFileBench();
    const wishes = [
      { provider: 'openai' },
      { provider: 'kimi' },
      { provider: 'glm' },
      { provider: 'openai', purpose: 'user_data' },
      { provider: 'openai', content: 'other' },
    ];
    const made = await Promise.all(wishes.map((wish) => uploadBy(bench, wish)));
    expect(new Set(made.map(({ fileId }) => fileId)).size).toBe(5);
    expect(await sentTo(bench)).toHaveLength(5);
    const again = await Promise.all(wishes.map((wish) => uploadBy(bench, wish)));
    expect(again.map(({ fileId }) => fileId)).toEqual(made.map(({ fileId }) => fileId));
    expect(again.every(({ deduplicated }) => deduplicated)).toBe(true);
    expect(await sentTo(bench)).toHaveLength(5);
  });

  it('without dedupe each is its own, also at once', async () => {
    const bench = await openFileBench({ settings: { dedupe: false } });
    const made = await Promise.all(Array.from({ length: 4 }, () => uploadBy(bench)));
    expect(new Set(made.map(({ fileId }) => fileId)).size).toBe(4);
    expect(await uploadRows(bench)).toHaveLength(4);
    expect(told(bench, 'deduplicated')).toEqual([]);
  });
});

describe('a hit', () => {
  it('is told as one, and moves what the row says of its use', async () => {
    const bench = await openFileBench();
    const { fileId, uploadId } = await withFile(bench);
    await bench.sql(`UPDATE provider_file_uploads SET last_used = clock_timestamp() - interval '9 days'`);
    bench.metered.length = 0;
    const made = await uploadBy(bench, { userId: 'ann', filename: 'b.txt' });
    expect(made).toMatchObject({ fileId, provider: 'openai', deduplicated: true, filename: 'b.txt' });
    expect(bench.metered).toEqual([
      ['uploaded', 'openai', 'deduplicated', 7],
      ['deduplicated'],
      ['attempted', 'openai', 'ann'],
    ]);
    expect(bench.logged.at(-1)).toMatchObject({ event: 'file_deduplicated', file_id: fileId });
    expect(await uploadRows(bench)).toMatchObject([{ upload_id: uploadId, dedupe_hits: '1' }]);
    expect(
      await bench.sql(
        `SELECT clock_timestamp() - last_used < interval '1 minute' AS used FROM provider_file_uploads`,
      ),
    ).toEqual([{ used: true }]);
  });

  it('gives another user a hold of his own, under his own name of the file', async () => {
    const bench = await openFileBench();
    const { fileId } = await withFile(bench);
    expect(await uploadBy(bench, { userId: 'bob', filename: 'b.md' })).toMatchObject({
      fileId,
      deduplicated: true,
    });
    expect(await uploadRows(bench)).toMatchObject([
      { user_id: 'ann', dedupe_hits: '0', sent: true },
      { user_id: 'bob', dedupe_hits: '1', sent: false, upload_status: 'completed', provider_file_id: fileId },
    ]);
  });

  it('is looked for at every candidate before one is chosen', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { provider: 'kimi' });
    expect(await uploadBy(bench, { userId: 'bob' })).toMatchObject({
      fileId,
      provider: 'kimi',
      deduplicated: true,
    });
    expect(await uploadBy(bench, { provider: 'openai' })).toMatchObject({ deduplicated: false });
  });

  it('is not to be had of a file that is too large for the account by now', async () => {
    const bench = await openFileBench({ providers: ['openai', 'kimi'] });
    await withFile(bench);
    const other = await bench.another({ uploadLimits: { openai: { maxFileBytes: 3 } } });
    expect(await uploadBy(other)).toMatchObject({ provider: 'kimi', deduplicated: false });
  });
});

describe('what never answers', () => {
  const set = (bench: FileBench, change: string) => bench.sql(`UPDATE provider_file_uploads SET ${change}`);
  it.each([
    [
      'a deleted row',
      (bench: FileBench) =>
        set(bench, `upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'manual'`),
    ],
    ['a failed row', (bench: FileBench) => set(bench, `upload_status = 'failed', file_key = NULL`)],
    [
      'one that the provider has dropped by its own limit',
      (bench: FileBench) => set(bench, `expires_at = clock_timestamp() - interval '1 s'`),
    ],
    [
      'one whose file is marked for deletion',
      (bench: FileBench) => bench.sql(`UPDATE file SET deleted_at = clock_timestamp()`),
    ],
    [
      'one of another account of the provider',
      (bench: FileBench) =>
        bench.sql(
          `WITH other AS (INSERT INTO account (provider, base_url, organization, test_mode, key_fingerprint)
             SELECT provider, base_url, 'other', true, 'k' FROM account WHERE account_id = $1 RETURNING account_id)
           UPDATE provider_file_uploads SET account_id = other.account_id FROM other`,
          [bench.account('openai').accountId],
        ),
    ],
  ])('%s', async (_what, change) => {
    const bench = await openFileBench();
    const { fileId } = await withFile(bench);
    await change(bench);
    const made = await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    expect(made.deduplicated).toBe(false);
    expect(made.fileId).not.toBe(fileId);
    expect(await sentTo(bench)).toHaveLength(2);
  });

  it('a pending and a failed intent of nobody who waits', async () => {
    const bench = await openFileBench();
    await seedUpload(bench, { status: 'pending', ageSeconds: HOUR_S });
    await seedUpload(bench, { status: 'failed', uncertain: true, ageSeconds: HOUR_S });
    expect(await uploadBy(bench)).toMatchObject({ deduplicated: false });
  });
});

describe('a hit that was not verified for an hour', () => {
  const age = (bench: FileBench) =>
    bench.sql(`UPDATE provider_file_uploads SET verified_at = verified_at - interval '2 hours'`);
  const asked = async (bench: FileBench) =>
    (await bench.control.journal()).filter(({ operation }) => operation === 'retrieve_file');

  it.each(['ann', 'bob'])('is asked for first, once, and answers %s', async (userId) => {
    const bench = await openFileBench();
    const { fileId } = await withFile(bench);
    await age(bench);
    for (let times = 0; times < 2; times += 1) {
      expect(await uploadBy(bench, { userId })).toMatchObject({ fileId, deduplicated: true });
    }
    expect(await asked(bench)).toHaveLength(1);
  });

  it('is passed over where the provider has it no longer, and another one answers', async () => {
    const bench = await openFileBench();
    const old = await withFile(bench);
    const dedupeless = await bench.another({ settings: { dedupe: false } });
    const newer = await uploadBy(dedupeless, { userId: 'bob', provider: 'openai' });
    await age(bench);
    await bench.account('openai').provider.deleteFile(newer.fileId, { deadlineMs: 1_000 });
    expect(await uploadBy(bench, { userId: 'cem' })).toMatchObject({
      fileId: old.fileId,
      deduplicated: true,
    });
    expect(await asked(bench)).toHaveLength(2);
  });

  it('is made anew where the provider has it no longer, and the new one answers from then on', async () => {
    const bench = await openFileBench();
    const { fileId } = await withFile(bench);
    await age(bench);
    await bench.account('openai').provider.deleteFile(fileId, { deadlineMs: 1_000 });
    const made = await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    expect(made).toMatchObject({ deduplicated: false });
    expect(await uploadBy(bench, { userId: 'bob' })).toMatchObject({
      fileId: made.fileId,
      deduplicated: true,
    });
    expect(await asked(bench)).toHaveLength(1);
  });

  it('leaves the turn to the next candidate where the provider is away', async () => {
    const bench = await openFileBench();
    await withFile(bench);
    await age(bench);
    await bench.control.setFault({
      match: { operation: 'retrieve_file' },
      times: 0,
      fault: { kind: 'status', status: 503 },
    });
    expect(await uploadBy(bench, { userId: 'bob' })).toMatchObject({ provider: 'kimi', deduplicated: false });
    expect(await codeOf(uploadBy(bench, { userId: 'bob', provider: 'openai' }))).toBe('PROVIDER_UNAVAILABLE');
    expect(await sentTo(bench, 'openai')).toHaveLength(1);
  });
});

describe('those who wait for a sender', () => {
  /** Ann sends and is held at the provider; Bob asks for the same in another process. */
  async function twoOfThem(settings: Partial<FileSettings> = {}) {
    const bench = await openFileBench({ settings });
    const other = await bench.another({ settings: {} });
    const wish = { provider: 'openai' };
    await failAt(bench, 'openai', { times: 1, fault: { kind: 'hold', name: 'sent' } });
    const first = uploadBy(bench, { ...wish, userId: 'ann' });
    await bench.control.waitForHeld('sent');
    return { bench, other, wish, first, second: uploadBy(other, { ...wish, userId: 'bob' }) };
  }
  const untilOf = async (bench: FileBench) =>
    (
      await bench.sql<{ ms: number }>(
        `SELECT extract(epoch FROM sender_until)::float8 AS ms FROM provider_file_uploads WHERE user_id = 'ann'`,
      )
    )[0]?.ms ?? 0;

  it('wait on for one that takes longer than a beat', async () => {
    const { bench, first, second } = await twoOfThem();
    const before = await untilOf(bench);
    await until(async () => (await untilOf(bench)) > before, { describe: 'a beat' });
    await bench.control.release('sent');
    expect((await second).fileId).toBe((await first).fileId);
    expect(await sentTo(bench)).toHaveLength(1);
  });

  it('go on by themselves, one of them, when it is not heard of; late, it still records what it has', async () => {
    const { bench, other, wish, first, second } = await twoOfThem({ senderBeatMs: 60_000 });
    const third = uploadBy(other, { ...wish, userId: 'cem' });
    await bench.sql(
      `UPDATE provider_file_uploads SET sender_until = clock_timestamp() - interval '1 s' WHERE user_id = 'ann'`,
    );
    const [bob, cem] = await Promise.all([second, third]);
    expect(cem.fileId).toBe(bob.fileId);
    expect([bob, cem].filter(({ deduplicated }) => deduplicated)).toHaveLength(1);
    await bench.control.release('sent');
    expect((await first).fileId).not.toBe(bob.fileId);
    expect(await sentTo(bench)).toHaveLength(2);
    expect((await uploadRows(bench)).map((row) => row.upload_status)).toEqual(Array(3).fill('completed'));
    expect(await fileRows(bench)).toMatchObject([{ marked: false }, { marked: false }]);
  });

  it('try themselves when it fails', async () => {
    const { bench, first, second } = await twoOfThem();
    await bench.control.release('sent', 'drop');
    expect(await codeOf(first)).toBe('PROVIDER_UNAVAILABLE');
    expect(await second).toMatchObject({ deduplicated: false });
    expect(await sentTo(bench)).toHaveLength(2);
  });

  it('are answered in time where it never ends', async () => {
    const { bench, wish, first, second } = await twoOfThem();
    const hasty = await bench.another({ settings: { uploadTimeoutMs: 400 } });
    expect(await codeOf(uploadBy(hasty, { ...wish, userId: 'cem' }))).toBe('UPLOAD_TIMEOUT');
    await bench.control.release('sent');
    await Promise.all([first, second]);
    expect(await sentTo(bench)).toHaveLength(1);
  });

  it('take the place of a process that died with its intent', async () => {
    const bench = await openFileBench();
    await seedUpload(bench, { status: 'uploading', claims: true, userId: 'ann' });
    await bench.sql(`UPDATE provider_file_uploads SET sender_until = clock_timestamp() - interval '1 s'`);
    const made = await Promise.all(['bob', 'cem', 'dee'].map((userId) => uploadBy(bench, { userId })));
    expect(new Set(made.map(({ fileId }) => fileId)).size).toBe(1);
    expect(await sentTo(bench)).toHaveLength(1);
    const [dead] = await uploadRows(bench);
    expect(dead).toMatchObject({ user_id: 'ann', upload_status: 'uploading', claims: false });
  });

  it('do not wait at a candidate that they have tried in vain', async () => {
    const bench = await openFileBench();
    await failAt(bench, 'openai', { times: 1, fault: { kind: 'status', status: 503 } });
    await failAt(bench, 'kimi', { times: 1, fault: { kind: 'hold', name: 'ann' } });
    const ann = uploadBy(bench, { userId: 'ann' });
    await bench.control.waitForHeld('ann');
    await failAt(bench, 'openai', { times: 1, fault: { kind: 'hold', name: 'bob' } });
    const bob = uploadBy(bench, { userId: 'bob', provider: 'openai' });
    await bench.control.waitForHeld('bob');
    await bench.control.release('ann', 'drop');
    expect(await ann).toMatchObject({ provider: 'glm', deduplicated: false });
    await bench.control.release('bob');
    expect(await bob).toMatchObject({ provider: 'openai', deduplicated: false });
  });

  it('go on together to the next candidate where one fails', async () => {
    const bench = await openFileBench();
    const other = await bench.another();
    await failAt(bench, 'openai', { fault: { kind: 'status', status: 503 } });
    const made = await Promise.all(
      ['ann', 'bob', 'cem', 'dee'].map((userId, n) => uploadBy(n % 2 === 0 ? bench : other, { userId })),
    );
    expect(made.map(({ provider }) => provider)).toEqual(Array(4).fill('kimi'));
    expect(new Set(made.map(({ fileId }) => fileId)).size).toBe(1);
    expect(await sentTo(bench, 'kimi')).toHaveLength(1);
  });
});
