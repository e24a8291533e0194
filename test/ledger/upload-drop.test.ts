/** Ending a hold: the file goes when it was the last one. */
import { describe, expect, it } from 'vitest';
import { acquireOf, codeOf } from './kit.ts';
import { openFileBench, seedUpload, type FileBench } from './files-kit.ts';
import { fileRows, uploadBy, uploadRows } from './upload-kit.ts';

const dropBy = (
  bench: FileBench,
  fileId: string,
  userId = 'ann',
  provider: 'openai' | 'kimi' | null = null,
) => bench.files.drop({ fileId, provider, userId, requestId: 'request' });

describe('the last hold', () => {
  it('marks the file at once, and tells whoever deletes; a repetition says the same', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann' });
    expect(await dropBy(bench, fileId)).toEqual({ status: 'deleting' });
    expect(bench.told.due).toBe(1);
    expect(bench.logged.at(-1)).toMatchObject({ event: 'file_dropped', file_id: fileId, deleting: true });
    expect(await uploadRows(bench)).toMatchObject([{ upload_status: 'deleted', deletion_reason: 'manual' }]);
    expect(await fileRows(bench)).toMatchObject([{ marked: true, due: true }]);
    expect(await dropBy(bench, fileId)).toEqual({ status: 'deleting' });
    await bench.sql(
      `WITH gone AS (UPDATE file SET provider_deleted_at = clock_timestamp())
       UPDATE provider_file_uploads SET provider_deleted_at = clock_timestamp()`,
    );
    expect(await codeOf(dropBy(bench, fileId))).toBe('FILE_NOT_FOUND');
  });
});

describe('a hold beside others', () => {
  it('ends, and the file stays with the other user', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann' });
    await uploadBy(bench, { userId: 'bob' });
    expect(await codeOf(dropBy(bench, fileId))).toBe('FILE_IN_USE');
    expect(await uploadRows(bench)).toMatchObject([
      { user_id: 'ann', deletion_reason: 'manual' },
      { user_id: 'bob', upload_status: 'completed' },
    ]);
    expect(await fileRows(bench)).toMatchObject([{ marked: false }]);
    expect(bench.told.due).toBe(0);
    expect(await codeOf(dropBy(bench, fileId))).toBe('FILE_NOT_FOUND');
    expect(await dropBy(bench, fileId, 'bob')).toEqual({ status: 'deleting' });
  });

  it('of two users at once leaves nothing held, and one mark', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann' });
    await uploadBy(bench, { userId: 'bob' });
    const codes = await Promise.all(['ann', 'bob'].map((user) => codeOf(dropBy(bench, fileId, user))));
    expect(codes.toSorted()).toEqual(['FILE_IN_USE', 'OK']);
    expect(await fileRows(bench)).toMatchObject([{ marked: true }]);
  });

  it('ends, and the file stays with a live lease that tracks it', async () => {
    const bench = await openFileBench();
    const { leases } = bench.leasing;
    const { fileId } = await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    await leases.acquire(acquireOf('s'));
    await leases.track({ sessionId: 's', leaseId: null, requestId: 'r', fileIds: [fileId], filePaths: [] });
    expect(await codeOf(dropBy(bench, fileId))).toBe('FILE_IN_USE');
    expect(await fileRows(bench)).toMatchObject([{ marked: false }]);
  });

  it('takes with it what was uploaded for a lease that is no longer live', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann' });
    await seedUpload(bench, { fileId, userId: 'bob', plain: false });
    expect(await dropBy(bench, fileId)).toEqual({ status: 'deleting' });
    expect(await uploadRows(bench)).toMatchObject([
      { user_id: 'ann', deletion_reason: 'manual' },
      { user_id: 'bob', deletion_reason: 'lease_ended' },
    ]);
  });
});

describe('nothing to end', () => {
  it('an unknown file, another user, another provider', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann', provider: 'openai' });
    expect(await codeOf(dropBy(bench, 'file-unknown'))).toBe('FILE_NOT_FOUND');
    expect(await codeOf(dropBy(bench, fileId, 'bob'))).toBe('FILE_NOT_FOUND');
    expect(await codeOf(dropBy(bench, fileId, 'ann', 'kimi'))).toBe('FILE_NOT_FOUND');
    expect(await fileRows(bench)).toMatchObject([{ marked: false }]);
    expect((await uploadRows(bench)).map((row) => row.upload_status)).toEqual(['completed']);
  });

  it('an id that two providers use, until one is named', async () => {
    const bench = await openFileBench();
    await seedUpload(bench, { fileId: 'file-1', userId: 'ann', provider: 'openai' });
    await seedUpload(bench, { fileId: 'file-1', userId: 'ann', provider: 'kimi' });
    expect(await codeOf(dropBy(bench, 'file-1'))).toBe('FILE_ID_AMBIGUOUS');
    expect(await dropBy(bench, 'file-1', 'ann', 'kimi')).toEqual({ status: 'deleting' });
    expect(await uploadRows(bench)).toMatchObject([
      { upload_status: 'completed' },
      { upload_status: 'deleted' },
    ]);
  });
});

describe('after the end of a hold', () => {
  it('the same content is uploaded anew', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann' });
    await dropBy(bench, fileId);
    expect(await uploadBy(bench, { userId: 'ann' })).toMatchObject({ deduplicated: false });
  });

  it('that others kept, the user may hold it again', async () => {
    const bench = await openFileBench();
    const { fileId } = await uploadBy(bench, { userId: 'ann' });
    await uploadBy(bench, { userId: 'bob' });
    await codeOf(dropBy(bench, fileId));
    expect(await uploadBy(bench, { userId: 'ann' })).toMatchObject({ fileId, deduplicated: true });
    expect(await uploadRows(bench)).toHaveLength(3);
  });
});
