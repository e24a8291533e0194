/** Uploads that nobody ended: the provider is asked, and nothing is deleted by a guess. */
import { describe, expect, it } from 'vitest';
import { openFileBench } from './files-kit.ts';
import { alive, CONTENT, gap, READABLE, rows, settled, stale, taken } from './lost-uploads.ts';
import { told, uploadBy } from './upload-kit.ts';
import { calls, dueAgain, filesThere, keeperOf, leaseOn, mark, sdkOf, upkeep } from './upkeep-kit.ts';

describe('who is taken for dead', () => {
  it('nobody young, and nobody who was heard of lately', async () => {
    const bench = await openFileBench();
    await stale(bench, { status: 'pending', ageSeconds: 0 });
    await stale(bench, { ageSeconds: 0 });
    await stale(bench, { status: 'pending', ageSeconds: 999, userId: 'alive' });
    await stale(bench, { ageSeconds: 999, userId: 'alive' });
    await alive(bench, 'alive');
    expect(await keeperOf(bench).upkeepDueMs()).toBeNull();
    expect(await upkeep(bench)).toMatchObject({ waitMs: null });
    expect((await rows(bench)).map(({ status }) => status).toSorted()).toEqual([
      ...['pending', 'pending', 'uploading', 'uploading'],
    ]);
    expect(await calls(bench, 'list_files')).toEqual([]);
  });

  it('whoever never sent anything has failed, and whoever sent is looked after', async () => {
    const bench = await openFileBench();
    await stale(bench, { status: 'pending', claims: true, ageSeconds: 21 });
    await stale(bench, { content: 'other' });
    expect(await keeperOf(bench).upkeepDueMs()).toBe(0);
    await upkeep(bench);
    expect(await rows(bench)).toMatchObject([
      { status: 'failed', uncertain: false, error: 'it was never sent' },
      { status: 'failed', uncertain: true, empty: 1 },
    ]);
    expect(settled(bench)).toEqual(['not_sent']);
    expect(await bench.sql('SELECT FROM provider_file_uploads WHERE claims')).toEqual([]);
  });
});

describe('nothing that could be it', () => {
  it('in three complete listings a minute apart means that the provider did not take it', async () => {
    const bench = await openFileBench();
    await taken(bench, { filename: 'b.txt' });
    await taken(bench, { content: 'of another size' });
    await stale(bench);
    const { waitMs } = await upkeep(bench);
    expect(waitMs).toBeGreaterThan(50_000);
    // A look before its time does not count.
    await dueAgain(bench);
    await upkeep(bench);
    expect(await rows(bench)).toMatchObject([{ uncertain: true, empty: 1 }]);
    for (const empty of [2, 3]) {
      await gap(bench);
      await upkeep(bench);
      expect(await rows(bench)).toMatchObject([{ status: 'failed', uncertain: empty < 3, empty }]);
    }
    expect(settled(bench)).toEqual(['absent']);
    expect(await filesThere(bench)).toHaveLength(2);
    expect(await keeperOf(bench).upkeepDueMs()).toBeNull();
  });

  it('includes files from another time, files the ledger knows, and those of other uploads', async () => {
    const bench = await openFileBench();
    const old = await taken(bench);
    await bench.control.age(old, 3_600);
    const tracked = await taken(bench);
    await leaseOn(bench, 'one', [tracked]);
    await uploadBy(bench, { content: CONTENT, provider: 'openai', purpose: READABLE });
    await stale(bench);
    await upkeep(bench);
    expect((await rows(bench))[0]).toMatchObject({ uncertain: true, empty: 1, candidates: [] });
    expect(await filesThere(bench)).toHaveLength(3);
  });

  it('in a listing that leaves out what exists means nothing', async () => {
    const bench = await openFileBench();
    await uploadBy(bench, { provider: 'openai', content: 'known' });
    await bench.sql(`UPDATE file SET tracked_at = now() - interval '1 hour'`);
    await stale(bench);
    await bench.control.setFault({ match: { operation: 'list_files' }, fault: { kind: 'empty_list' } });
    const { errors, waitMs } = await upkeep(bench);
    expect(errors).toEqual([expect.stringContaining('leaves out')]);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    expect((await rows(bench))[0]).toMatchObject({ uncertain: true, empty: 0 });
    await dueAgain(bench);
    await upkeep(bench);
    expect((await rows(bench))[0]).toMatchObject({ empty: 1 });
  });
});

describe('one file that could be it', () => {
  it('is deleted once its bytes were read back, and told of', async () => {
    const bench = await openFileBench();
    const lost = await taken(bench);
    await stale(bench);
    expect(await upkeep(bench)).toMatchObject({
      filesDeleted: 1,
      bytesFreed: CONTENT.length,
      errors: [],
      waitMs: null,
    });
    expect(await filesThere(bench)).toEqual([]);
    expect(await rows(bench)).toMatchObject([
      { status: 'deleted', uncertain: false, reason: 'orphaned', candidates: [], error: null },
    ]);
    expect(settled(bench)).toEqual(['orphaned']);
    expect(bench.logged.find(({ event }) => event === 'upload_settled')).toMatchObject({ file_ids: [lost] });
    expect(told(bench, 'deleted')).toEqual([['openai', 'orphaned']]);
  });

  it('is found when it appears late', async () => {
    const bench = await openFileBench();
    const fault = { kind: 'appear_late', after_calls: 2 } as const;
    await bench.control.setFault({ match: { operation: 'upload_file' }, fault });
    await taken(bench);
    await stale(bench);
    await upkeep(bench);
    expect(await rows(bench)).toMatchObject([{ uncertain: true, empty: 1 }]);
    for (let n = 0; n < 2; n += 1) {
      await gap(bench);
      await upkeep(bench);
    }
    expect(await rows(bench)).toMatchObject([{ reason: 'orphaned' }]);
    expect(await filesThere(bench)).toEqual([]);
  });

  it.each([
    ['has other bytes', { content: 'WHAT was sent' }, /has other bytes/],
    ['is not given back', { purpose: 'assistants' }, /cannot be read back/],
  ] as const)('that %s is listed and left, until a person has seen to it', async (_what, lost, why) => {
    const bench = await openFileBench();
    const id = await taken(bench, lost);
    await stale(bench);
    for (let n = 0; n < 2; n += 1) {
      expect((await upkeep(bench)).errors).toEqual([expect.stringMatching(why)]);
      await dueAgain(bench);
    }
    expect(await rows(bench)).toMatchObject([
      { status: 'failed', uncertain: true, candidates: [id], error: expect.stringMatching(why) },
    ]);
    expect(settled(bench)).toEqual(['listed']);
    const page = { status: null, provider: null, stuck: true, cursor: null, limit: 10 };
    expect((await bench.files.list(page)).uploads).toMatchObject([{ candidates: [id] }]);
    expect(await filesThere(bench)).toEqual([id]);
    // Neither retention nor the clearing of what failed touches it.
    await bench.sql(`UPDATE provider_file_uploads SET created_at = created_at - interval '99 days'`);
    expect(await mark(bench)).toMatchObject({ uploads: 0 });
    expect(await rows(bench)).toMatchObject([{ status: 'failed', candidates: [id] }]);
    await sdkOf(bench).files.delete(id);
    for (let n = 0; n < 3; n += 1) {
      await gap(bench);
      await upkeep(bench);
    }
    expect(await rows(bench)).toMatchObject([{ uncertain: false, candidates: [] }]);
  });

  it('that cannot be read now is read later', async () => {
    const bench = await openFileBench();
    const id = await taken(bench);
    await stale(bench);
    const fault = { kind: 'status', status: 503 } as const;
    await bench.control.setFault({ match: { operation: 'file_content' }, fault });
    const { errors, waitMs } = await upkeep(bench);
    expect(errors).toHaveLength(1);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    expect(await rows(bench)).toMatchObject([{ uncertain: true, candidates: [] }]);
    expect(await filesThere(bench)).toEqual([id]);
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1 });
  });

  it('that cannot be read for long is listed with the reason, and tried slowly', async () => {
    const bench = await openFileBench();
    const id = await taken(bench);
    await stale(bench);
    await bench.sql(`UPDATE provider_file_uploads SET sent_at = sent_at - interval '4 min'`);
    const slow = await bench.another({ settings: { stuckAfterMs: 60_000 } });
    const fault = { kind: 'status', status: 503 } as const;
    await bench.control.setFault({ match: { operation: 'file_content' }, times: 0, fault });
    const { waitMs } = await upkeep(slow);
    expect(waitMs).toBeGreaterThan(800_000);
    expect(await rows(bench)).toMatchObject([{ candidates: [id], error: expect.stringContaining('503') }]);
  });
});

describe('several files that could be it', () => {
  it('are listed and left', async () => {
    const bench = await openFileBench();
    const ids = [await taken(bench), await taken(bench)].toSorted();
    await stale(bench);
    expect((await upkeep(bench)).errors).toEqual([expect.stringContaining('2 files may be it')]);
    const [row] = await rows(bench);
    expect(row?.candidates.toSorted()).toEqual(ids);
    expect(await filesThere(bench)).toEqual(ids);
    expect(await calls(bench, 'file_content')).toEqual([]);
    // With one of them away the other is told by its bytes.
    await sdkOf(bench).files.delete(ids[0] ?? '');
    await gap(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1 });
  });

  it('of several uploads are not guessed apart', async () => {
    const bench = await openFileBench();
    const ids = [await taken(bench), await taken(bench)].toSorted();
    await stale(bench, { userId: 'ann' });
    await stale(bench, { userId: 'bob' });
    await upkeep(bench);
    expect((await rows(bench)).map(({ candidates }) => candidates.length)).toEqual([2, 2]);
    expect(await filesThere(bench)).toEqual(ids);
  });
});
