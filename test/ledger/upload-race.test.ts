/** A hit and the marking of its file, the other side held open: either it is used and stays, or it does not answer. */
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import type { Db } from '../../ledger/index.ts';
import { lockFiles } from '../../ledger/queries/lock-files.ts';
import { markFiles } from '../../ledger/queries/mark-files.ts';
import { hitFirst, type Hit } from '../../ledger/queries/upload-hit.ts';
import { lockAccount, lockFile, lockUser } from '../../ledger/queries/upload-locks.ts';
import { until } from '../support/until.ts';
import { codeOf } from './kit.ts';
import { openFileBench, seedUpload, sha256Of, type FileBench } from './files-kit.ts';
import { fileRows, sentTo, uploadBy, uploadRows } from './upload-kit.ts';
import { dbOn, openClient } from './two-sides.ts';

const INTENT = `
INSERT INTO provider_file_uploads (upload_id, account_id, provider, sha256, filename, file_size_bytes, mime_type, purpose,
  user_id, plain, claims)
VALUES (gen_random_uuid(), $1, 'openai', $2, 'a.txt', $3, 'text/plain', 'assistants', $4, true, $5)`;

const waitsForLock = async (bench: FileBench) =>
  (
    await bench.sql(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND application_name <> 'side-a'`,
    )
  ).length > 0;

/** The one file, under whichever key. */
const lockIt = (bench: FileBench, db: Db, fileId: string) => {
  const { provider, accountId } = bench.account('openai');
  const { baseUrl } = provider.account;
  return lockFiles(db, { provider: 'openai', baseUrl, accountId }, [fileId]);
};

/** Lets time pass by the clock of the other side's server: who does not wait comes to his end in it. */
async function held(side: Client, ms: number): Promise<void> {
  const clock = async () =>
    (await side.query<{ ms: number }>(`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`))
      .rows[0]?.ms ?? 0;
  const from = await clock();
  await until(async () => (await clock()) >= from + ms, { describe: 'the hold to pass', everyMs: 20 });
}

const hitBy = (userId: string, fileKey: string, quotaBytes: number): Hit => ({
  ...{ uploadId: randomUUID(), fileKey, userId, quotaBytes },
  ...{ filename: 'b.txt', mimeType: 'text/plain', sessionId: null, unseenForMs: 0 },
});

describe('a marking that was first', () => {
  async function meet(userId: string, end: 'COMMIT' | 'ROLLBACK') {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    const side = await openClient(bench.databaseUrl, 'side-a');
    await side.query('BEGIN');
    const [file] = await lockIt(bench, dbOn(side), fileId);
    await side.query(
      `UPDATE provider_file_uploads SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'expired'`,
    );
    const [doomed] = await markFiles(dbOn(side), [file?.fileKey ?? '']);
    expect(doomed).toMatchObject({ markedNow: true });
    const asking = uploadBy(bench, { userId, provider: 'openai' });
    await until(() => waitsForLock(bench), {
      describe: 'the hit waits for the file',
      everyMs: 5,
      deadlineMs: 1_400,
    });
    await side.query(end);
    return { bench, fileId, made: await asking };
  }

  it.each(['ann', 'bob'])('is seen by %s, who waited for it: a new file is made', async (userId) => {
    const { bench, fileId, made } = await meet(userId, 'COMMIT');
    expect(made.deduplicated).toBe(false);
    expect(made.fileId).not.toBe(fileId);
    expect(await sentTo(bench)).toHaveLength(2);
  });

  it.each(['ann', 'bob'])('that came to nothing leaves the file to %s', async (userId) => {
    const { fileId, made } = await meet(userId, 'ROLLBACK');
    expect(made).toMatchObject({ fileId, deduplicated: true });
  });
});

describe('a hit that was first', () => {
  it.each([
    ['is seen by the drop that waited for it: the file stays', 'COMMIT', 'FILE_IN_USE', false],
    ['that came to nothing keeps no file', 'ROLLBACK', 'OK', true],
  ] as const)('%s', async (_what, end, code, marked) => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    const [upload] = await uploadRows(bench);
    const fileKey = upload?.file_key ?? '';
    const side = await openClient(bench.databaseUrl, 'side-a');
    const db = dbOn(side);
    await side.query('BEGIN');
    expect(await lockUser(db, 'bob')).toBe(true);
    expect(await lockFile(db, fileKey)).toEqual({ marked: false });
    const names = { filename: 'b.txt', mimeType: 'text/plain', sessionId: null };
    const hit = {
      uploadId: randomUUID(),
      fileKey,
      userId: 'bob',
      unseenForMs: 0,
      quotaBytes: 1_000,
      ...names,
    };
    expect(await hitFirst(db, hit)).toBe('held');
    const dropping = codeOf(bench.files.drop({ fileId, provider: null, userId: 'ann', requestId: 'r' }));
    await until(() => waitsForLock(bench), {
      describe: 'the drop waits for the file',
      everyMs: 5,
      deadlineMs: 1_400,
    });
    await side.query(end);
    expect(await dropping).toBe(code);
    expect(await fileRows(bench)).toMatchObject([{ marked }]);
  });
});

describe('a sender who has just come to its end', () => {
  it('is noticed by one who looked before it did and claims after: nothing is sent', async () => {
    const bench = await openFileBench();
    const side = await openClient(bench.databaseUrl, 'side-a');
    await side.query('BEGIN');
    // A claim that nobody sees yet, and that whoever claims waits for.
    await side.query(INTENT, [bench.account('openai').accountId, sha256Of('content'), 7, 'ann', true]);
    const asking = uploadBy(bench, { userId: 'bob', provider: 'openai' });
    await until(() => waitsForLock(bench), { describe: 'bob claims', everyMs: 5, deadlineMs: 1_400 });
    await seedUpload(bench, { fileId: 'file-ann', userId: 'ann' });
    await side.query('ROLLBACK');
    expect(await asking).toMatchObject({ fileId: 'file-ann', deduplicated: true });
    expect(await sentTo(bench)).toEqual([]);
    expect((await uploadRows(bench)).map((row) => row.user_id)).toEqual(['ann', 'bob']);
  });
});

describe('the quota of a user', () => {
  it('counts a hit that is not committed yet: a second one comes after it', async () => {
    const bench = await openFileBench({ settings: { userQuotaBytes: 10 } });
    await uploadBy(bench, { userId: 'bob', provider: 'openai', content: 'first' });
    await uploadBy(bench, { userId: 'cem', provider: 'openai', content: 'second' });
    const [first] = await uploadRows(bench);
    const side = await openClient(bench.databaseUrl, 'side-a');
    const db = dbOn(side);
    await side.query('BEGIN');
    expect(await lockUser(db, 'ann')).toBe(true);
    await lockFile(db, first?.file_key ?? '');
    expect(await hitFirst(db, hitBy('ann', first?.file_key ?? '', 10))).toBe('held');
    const asking = codeOf(uploadBy(bench, { userId: 'ann', provider: 'openai', content: 'second' }));
    await held(side, 300);
    await side.query('COMMIT');
    expect(await asking).toBe('QUOTA_EXCEEDED');
  });

  it('counts an intent that is not committed yet, and keeps no connection meanwhile', async () => {
    const bench = await openFileBench({ settings: { userQuotaBytes: 10 }, poolSize: 2 });
    const side = await openClient(bench.databaseUrl, 'side-a');
    const db = dbOn(side);
    await side.query('BEGIN');
    expect(await lockUser(db, 'ann')).toBe(true);
    await side.query(INTENT, [bench.account('openai').accountId, '0'.repeat(64), 10, 'ann', false]);
    const asking = ['a', 'b', 'c', 'd'].map((content) => codeOf(uploadBy(bench, { userId: 'ann', content })));
    expect(await codeOf(uploadBy(bench, { userId: 'bob' }))).toBe('OK');
    await held(side, 300);
    await side.query('COMMIT');
    expect(await Promise.all(asking)).toEqual(Array(4).fill('QUOTA_EXCEEDED'));
  });
});

describe('the places of an account', () => {
  it('count an intent that is not committed yet, of whichever user', async () => {
    const bench = await openFileBench({ uploadLimits: { openai: { maxFiles: 1 } } });
    const { accountId } = bench.account('openai');
    const side = await openClient(bench.databaseUrl, 'side-a');
    await side.query('BEGIN');
    expect(await lockAccount(dbOn(side), accountId)).toBe(true);
    await side.query(INTENT, [accountId, '0'.repeat(64), 10, 'ann', false]);
    const asking = uploadBy(bench, { userId: 'bob' });
    await held(side, 300);
    await side.query('COMMIT');
    expect(await asking).toMatchObject({ provider: 'kimi' });
  });
});
