/** What is told of uploads: the list, and one file with its holders. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ListFilesRequest } from '../../files/contract.ts';
import { createFileReads } from '../../files/read/index.ts';
import { openFileBench, seedUpload, sha256Of, type FileBench } from './files-kit.ts';
import { acquireOf, codeOf, trackOf } from './kit.ts';
import { endUpload, failListing, listCandidates, makeStuck } from './stuck-uploads.ts';

const ALL: ListFilesRequest = { status: null, provider: null, stuck: null, cursor: null, limit: 50 };

/** Ids of the uploads that are listed, all pages, with how many pages there were. */
async function listed(bench: FileBench, wish: Partial<ListFilesRequest> = {}) {
  const reads = createFileReads(bench.deps);
  const ids: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page = await reads.list({ ...ALL, ...wish, cursor });
    expect(page.uploads.length).toBeLessThanOrEqual(wish.limit ?? ALL.limit);
    ids.push(...page.uploads.map(({ uploadId }) => uploadId));
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== null);
  return { ids, pages };
}
const idsOf = async (bench: FileBench, wish: Partial<ListFilesRequest> = {}) =>
  (await listed(bench, wish)).ids.toSorted();

it('an upload as it was recorded', async () => {
  const bench = await openFileBench();
  const content = 'twelve bytes';
  const uploadId = await seedUpload(bench, {
    ...{ provider: 'kimi', content, filename: 'Über uns.md', userId: 'ann@example.org', sessionId: 'abc' },
    ...{ plain: false, fileId: 'file-1', ageSeconds: 3_600 },
  });
  await bench.sql(`UPDATE provider_file_uploads SET dedupe_hits = 3, last_used = clock_timestamp()`);
  const { uploads, nextCursor } = await createFileReads(bench.deps).list(ALL);
  expect(nextCursor).toBeNull();
  expect(uploads).toEqual([
    {
      ...{ uploadId, fileId: 'file-1', provider: 'kimi', status: 'completed', filename: 'Über uns.md' },
      ...{ sizeBytes: 12, sha256: sha256Of(content), mimeType: 'text/plain', purpose: 'file-extract' },
      ...{ userId: 'ann@example.org', sessionId: 'abc', plain: false, dedupeHits: 3 },
      createdAtMs: expect.any(Number),
      lastUsedMs: expect.any(Number),
      ...{ deletedAtMs: null, deletionReason: null, providerDeletedAtMs: null, lastError: null },
      ...{ candidates: [], stuck: null },
    },
  ]);
  const [upload] = uploads;
  expect(Math.abs((upload?.lastUsedMs ?? 0) - (upload?.createdAtMs ?? 0) - 3_600_000)).toBeLessThan(60_000);
});

it('page by page, the newest first, each once, though many were made in one instant', async () => {
  const bench = await openFileBench();
  const ids: string[] = [];
  for (let n = 0; n < 9; n += 1) ids.push(await seedUpload(bench, { status: 'failed' }));
  // Three instants a microsecond apart, three uploads in each.
  await bench.sql(
    `UPDATE provider_file_uploads SET created_at = timestamptz '2026-01-01Z' + array_position($1, upload_id) % 3
       * interval '1 microsecond'`,
    [ids],
  );
  const inOrder = ids
    .map((id, n) => ({ id, instant: (n + 1) % 3 }))
    .toSorted((one, other) => other.instant - one.instant || (one.id < other.id ? 1 : -1))
    .map(({ id }) => id);
  for (const limit of [1, 2, 3, 4, 8, 9]) {
    expect(await listed(bench, { limit })).toEqual({ ids: inOrder, pages: Math.ceil(9 / limit) });
  }
});

it('an upload made between two pages shifts none of them', async () => {
  const bench = await openFileBench();
  const reads = createFileReads(bench.deps);
  const old = await seedUpload(bench, { status: 'failed', ageSeconds: 20 });
  const young = await seedUpload(bench, { status: 'failed', ageSeconds: 10 });
  const first = await reads.list({ ...ALL, limit: 1 });
  await seedUpload(bench, { status: 'failed' });
  const second = await reads.list({ ...ALL, limit: 1, cursor: first.nextCursor });
  expect([first, second].map(({ uploads }) => uploads.map(({ uploadId }) => uploadId))).toEqual([
    [young],
    [old],
  ]);
});

const encoded = (text: string) => Buffer.from(text).toString('base64url');
it('a cursor that cannot be read is refused', async () => {
  const bench = await openFileBench();
  const { leases } = bench.leasing;
  for (const cursor of [
    ...['', 'nonsense', encoded(`2026-13-45 00:00:00+00 ${randomUUID()}`)],
    ...[encoded(`99999999999999999 ${randomUUID()}`), encoded(`-1 ${randomUUID()}`)],
    ...[encoded(`1 ${'-'.repeat(36)}`), encoded(`1 ${randomUUID()} more`)],
  ]) {
    expect(await codeOf(createFileReads(bench.deps).list({ ...ALL, cursor })), cursor).toBe(
      'REQUEST_INVALID',
    );
    const wish = { state: null, stuck: null, abandoned: null, cursor, limit: 1 };
    expect(await codeOf(leases.list(wish)), cursor).toBe('REQUEST_INVALID');
  }
});

it('filters by status, provider and stuck, and by all of them together', async () => {
  const bench = await openFileBench();
  const live = await seedUpload(bench, { fileId: 'file-live' });
  const kimi = await seedUpload(bench, { provider: 'kimi', fileId: 'file-kimi' });
  const failed = await seedUpload(bench, { status: 'failed' });
  const deleting = await seedUpload(bench, { fileId: 'file-deleting' });
  const stuck = await seedUpload(bench, { fileId: 'file-stuck' });
  const kimiStuck = await seedUpload(bench, { provider: 'kimi', fileId: 'file-kimi-stuck' });
  for (const id of [deleting, stuck, kimiStuck]) await endUpload(bench, id);
  for (const fileId of ['file-stuck', 'file-kimi-stuck']) await makeStuck(bench, fileId);
  const unsettled = await seedUpload(bench, { status: 'uploading', uncertain: true });
  await listCandidates(bench, unsettled);
  await failListing(bench, failed);
  const expected = (...ids: string[]) => ids.toSorted();

  expect(await idsOf(bench)).toEqual(expected(live, kimi, failed, deleting, stuck, kimiStuck, unsettled));
  expect(await idsOf(bench, { status: 'completed' })).toEqual(expected(live, kimi));
  expect(await idsOf(bench, { status: 'deleted' })).toEqual(expected(deleting, stuck, kimiStuck));
  expect(await idsOf(bench, { status: 'pending' })).toEqual([]);
  expect(await idsOf(bench, { provider: 'kimi' })).toEqual(expected(kimi, kimiStuck));
  expect(await idsOf(bench, { stuck: true })).toEqual(expected(stuck, kimiStuck, unsettled));
  expect(await idsOf(bench, { stuck: true, limit: 1 })).toEqual(expected(stuck, kimiStuck, unsettled));
  expect(await idsOf(bench, { stuck: false })).toEqual(expected(live, kimi, failed, deleting));
  expect(await idsOf(bench, { stuck: true, status: 'deleted', provider: 'kimi' })).toEqual([kimiStuck]);
  expect(await idsOf(bench, { stuck: true, status: 'uploading' })).toEqual([unsettled]);
  expect(await idsOf(bench, { stuck: false, status: 'deleted' })).toEqual([deleting]);
  expect(await idsOf(bench, { stuck: true, status: 'completed' })).toEqual([]);
});

it('marks as stuck what keeps failing and what only a person can settle, and says why', async () => {
  const bench = await openFileBench();
  const stuck = await seedUpload(bench, { fileId: 'file-stuck' });
  await endUpload(bench, stuck);
  await makeStuck(bench, 'file-stuck');
  const unsettled = await seedUpload(bench, { status: 'failed', uncertain: true, ageSeconds: 60 });
  await listCandidates(bench, unsettled);
  const { uploads } = await createFileReads(bench.deps).list({ ...ALL, stuck: true });
  expect(uploads).toMatchObject([
    {
      uploadId: stuck,
      lastError: 'delete_file: denied',
      deletionReason: 'manual',
      stuck: {
        ...{ since: '2026-01-02T03:04:05.000Z', attempts: 7, lastError: 'delete_file: denied' },
        nextTryAt: '2026-01-02T04:04:05.000Z',
      },
    },
    {
      uploadId: unsettled,
      candidates: ['file-x', 'file-y'],
      lastError: 'two files could be it',
      stuck: {
        ...{ attempts: 2, lastError: 'two files could be it', nextTryAt: '2026-01-02T05:04:05.000Z' },
      },
    },
  ]);
  const since = Date.parse(uploads[1]?.stuck?.since ?? '');
  expect(since).toBe(Math.floor(uploads[1]?.createdAtMs ?? 0));
});

it('marks as stuck what could not be settled for as long as a deletion may fail, and not what was never tried', async () => {
  const bench = await openFileBench({ settings: { staleAfterMs: 20_000, stuckAfterMs: 40_000 } });
  const unsettled = { status: 'failed', uncertain: true } as const;
  await failListing(bench, await seedUpload(bench, { ...unsettled, ageSeconds: 50 }));
  const old = await seedUpload(bench, { ...unsettled, ageSeconds: 70 });
  await failListing(bench, old);
  await seedUpload(bench, { ...unsettled, ageSeconds: 3_600 });
  await failListing(bench, await seedUpload(bench, { status: 'failed', ageSeconds: 3_600 }));
  expect(await idsOf(bench, { stuck: true })).toEqual([old]);
  expect(await idsOf(bench, { stuck: false })).toHaveLength(3);
  const [shown] = (await createFileReads(bench.deps).list({ ...ALL, stuck: true })).uploads;
  expect(shown?.stuck).toMatchObject({ attempts: 9, lastError: 'list_files: denied', nextTryAt: null });
});

it('takes the mark away with the proof, and where the file was given up or its upload is settled', async () => {
  const bench = await openFileBench();
  for (const fileId of ['file-gone', 'file-given-up']) {
    await endUpload(bench, await seedUpload(bench, { fileId }));
    await makeStuck(bench, fileId);
  }
  const unsettled = await seedUpload(bench, { status: 'failed', uncertain: true });
  await listCandidates(bench, unsettled);
  expect(await idsOf(bench, { stuck: true })).toHaveLength(3);
  await bench.sql(
    `UPDATE file SET provider_deleted_at = clock_timestamp() WHERE provider_file_id = 'file-gone'`,
  );
  await bench.sql(
    `UPDATE file SET abandoned_at = clock_timestamp() WHERE provider_file_id = 'file-given-up'`,
  );
  await bench.sql(`UPDATE provider_file_uploads SET uncertain = false WHERE upload_id = $1`, [unsettled]);
  expect(await idsOf(bench, { stuck: true })).toEqual([]);
  expect(await idsOf(bench, { stuck: false })).toHaveLength(3);
});

it('a file with everybody who holds it or has, the newest upload first, and its live leases', async () => {
  const bench = await openFileBench();
  const { leases } = bench.leasing;
  const first = await seedUpload(bench, { fileId: 'file-1', userId: 'ann', ageSeconds: 50 });
  const second = await seedUpload(bench, { fileId: 'file-1', userId: 'bob', ageSeconds: 40 });
  await seedUpload(bench, { fileId: 'file-2', userId: 'ann' });
  await bench.sql(
    `UPDATE provider_file_uploads SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = 'manual'
     WHERE upload_id = $1`,
    [first],
  );
  const held: string[] = [];
  for (const sessionId of ['one', 'two', 'over']) {
    const { leaseId } = await leases.acquire(acquireOf(sessionId));
    await leases.track(trackOf(sessionId, ['file-1']));
    if (sessionId !== 'over') held.push(leaseId);
  }
  await leases.release({ sessionId: 'over', leaseId: null, requestId: 'test', force: false });
  const detail = await createFileReads(bench.deps).get({ fileId: 'file-1', provider: null });
  expect(detail).toMatchObject({
    fileId: 'file-1',
    provider: 'openai',
    uploads: [
      { uploadId: second, userId: 'bob', status: 'completed' },
      { uploadId: first, userId: 'ann', status: 'deleted' },
    ],
  });
  expect(detail.leaseIds).toEqual(held.toSorted());
});

it('a file that nobody uploaded is not found, and one of several providers has to be named', async () => {
  const bench = await openFileBench();
  const reads = createFileReads(bench.deps);
  const { leases } = bench.leasing;
  await leases.acquire(acquireOf('abc'));
  await leases.track(trackOf('abc', ['file-tracked']));
  await seedUpload(bench, { fileId: 'file-same' });
  const kimi = await seedUpload(bench, { provider: 'kimi', fileId: 'file-same' });
  const get = (fileId: string, provider: ListFilesRequest['provider'] = null) =>
    reads.get({ fileId, provider });
  expect(await codeOf(get('file-nowhere'))).toBe('FILE_NOT_FOUND');
  expect(await codeOf(get('file-tracked'))).toBe('FILE_NOT_FOUND');
  expect(await codeOf(get('file-same'))).toBe('FILE_ID_AMBIGUOUS');
  expect(await codeOf(get('file-same', 'glm'))).toBe('FILE_NOT_FOUND');
  expect(await get('file-same', 'kimi')).toMatchObject({ provider: 'kimi', uploads: [{ uploadId: kimi }] });
});
