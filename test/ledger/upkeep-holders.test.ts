/** Uploads and leases that hold one file: it stays with the last of them, and goes by whoever is to delete it. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { openFileBench, seedUpload, type FileBench } from './files-kit.ts';
import { acquireOf, ask, CONTEXT, KEY } from './kit.ts';
import { endLease, fates, filesThere, keeperOf, leaseOn, mark, upkeep } from './upkeep-kit.ts';
import { fileRows, uploadBy } from './upload-kit.ts';

/** A file at the provider, uploaded by the user, with nothing but that upload. */
const fileOf = async (bench: FileBench, userId: string) =>
  (await uploadBy(bench, { userId, provider: 'openai' })).fileId;
/** Whether the upload's last use is of that time, as SQL. */
const usedAt = async (bench: FileBench, time: string) =>
  (await bench.sql<{ same: boolean }>(`SELECT last_used = (${time}) AS same FROM provider_file_uploads`)).map(
    ({ same }) => same,
  );
const makePlain = (bench: FileBench, plain: boolean) =>
  bench.sql('UPDATE provider_file_uploads SET plain = $1', [plain]);

describe('the end of a lease', () => {
  it('leaves a file to the upload that holds it, which was in use until then', async () => {
    const bench = await openFileBench();
    const fileId = await fileOf(bench, 'ann');
    await leaseOn(bench, 'one', [fileId]);
    await bench.sql(`UPDATE provider_file_uploads SET last_used = now() - interval '20 days'`);
    await bench.leasing.leases.release({ ...ask('one'), force: false });
    await bench.sql(`UPDATE lease SET ended_at = now() - interval '1000 s'`);
    await bench.leasing.keeper.deleteFiles((await bench.leasing.leases.get('one')).leaseId, CONTEXT);
    expect(await usedAt(bench, 'SELECT ended_at FROM lease')).toEqual([true]);
    const { leaseId } = await bench.leasing.leases.get('one');
    expect(await bench.leasing.keeper.deleteStore(leaseId, CONTEXT)).toEqual({ closed: true, waitMs: 0 });
    expect(await filesThere(bench)).toEqual([fileId]);
    expect(await fates(bench)).toEqual([{ user: 'ann', status: 'completed', reason: null, gone: false }]);
  });

  it('ends what was uploaded for it, also where another upload keeps the file', async () => {
    const bench = await openFileBench();
    const fileId = await fileOf(bench, 'ann');
    await seedUpload(bench, { fileId, userId: 'bob', sessionId: 'one', plain: false });
    await leaseOn(bench, 'one', [fileId]);
    await endLease(bench, 'one');
    expect(await fates(bench)).toEqual([
      { user: 'ann', status: 'completed', reason: null, gone: false },
      { user: 'bob', status: 'deleted', reason: 'lease_ended', gone: false },
    ]);
    expect(await filesThere(bench)).toEqual([fileId]);
    // The proof, whenever it comes, is bob's too.
    await bench.files.drop({ fileId, provider: null, userId: 'ann', requestId: 'r' });
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1, waitMs: null });
    expect(await fates(bench)).toMatchObject([
      { user: 'ann', reason: 'manual', gone: true },
      { user: 'bob', reason: 'lease_ended', gone: true },
    ]);
  });

  it('deletes what only leases hold with the last of them; the drain records the proof and tells of it', async () => {
    const bench = await openFileBench();
    const fileId = await fileOf(bench, 'ann');
    await makePlain(bench, false);
    await leaseOn(bench, 'one', [fileId]);
    await leaseOn(bench, 'two', [fileId]);
    await endLease(bench, 'one');
    expect(await fates(bench)).toMatchObject([{ status: 'completed' }]);
    expect(bench.leasing.metered.filter(([name]) => name === 'uploadDeleted')).toEqual([]);
    await endLease(bench, 'two');
    expect(await fates(bench)).toMatchObject([{ status: 'deleted', reason: 'lease_ended', gone: true }]);
    expect(await filesThere(bench)).toEqual([]);
    expect(bench.leasing.metered.filter(([name]) => name === 'uploadDeleted')).toEqual([
      ['uploadDeleted', 'openai', 'lease_ended'],
    ]);
    expect(await bench.leasing.leases.get('two')).toMatchObject({ state: 'closed' });
  });

  it('keeps a file that was only attached to its store and that an upload holds', async () => {
    const bench = await openFileBench();
    const { leases } = bench.leasing;
    const { vectorStoreId } = await leases.acquire(acquireOf('one'));
    const fileId = await fileOf(bench, 'ann');
    const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl });
    await sdk.vectorStores.files.create(vectorStoreId, { file_id: fileId });
    await endLease(bench, 'one');
    expect(await leases.get('one')).toMatchObject({
      state: 'closed',
      keptFiles: [{ fileId, reason: 'held_by_upload' }],
    });
    expect(await filesThere(bench)).toEqual([fileId]);
    expect(await fates(bench)).toMatchObject([{ status: 'completed' }]);
  });
});

describe('tracking', () => {
  it('is a use of the upload; tracking what is tracked already is none', async () => {
    const bench = await openFileBench();
    const fileId = await fileOf(bench, 'ann');
    const old = () => bench.sql(`UPDATE provider_file_uploads SET last_used = '2026-01-01'`);
    await old();
    await leaseOn(bench, 'one', [fileId, 'file-of-nobody']);
    expect(await usedAt(bench, `'2026-01-01'::timestamptz`)).toEqual([false]);
    await old();
    await leaseOn(bench, 'one', [fileId]);
    expect(await usedAt(bench, `'2026-01-01'::timestamptz`)).toEqual([true]);
  });
});

describe('a file that a draining lease tracks', () => {
  it('is deleted by its drain, and the upkeep leaves it alone', async () => {
    const bench = await openFileBench();
    const fileId = await fileOf(bench, 'ann');
    await leaseOn(bench, 'one', [fileId]);
    await endLease(bench, 'one', false);
    await bench.files.drop({ fileId, provider: null, userId: 'ann', requestId: 'r' });
    expect(await fileRows(bench)).toMatchObject([{ marked: true, due: false }]);
    expect(await keeperOf(bench).upkeepDueMs()).toBeNull();
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 0, waitMs: null });
    expect(await filesThere(bench)).toEqual([fileId]);
    const { leaseId } = await bench.leasing.leases.get('one');
    await bench.leasing.keeper.deleteFiles(leaseId, CONTEXT);
    expect(await filesThere(bench)).toEqual([]);
    expect(await fates(bench)).toMatchObject([{ reason: 'manual', gone: true }]);
    expect(bench.leasing.metered).toContainEqual(['uploadDeleted', 'openai', 'manual']);
  });
});

describe('force', () => {
  /** `drained`: its drain has tried. */
  const stuck = async (bench: FileBench, fileId: string, drained: boolean) => {
    await leaseOn(bench, 'one', [fileId]);
    await bench.control.setFault({ times: 0, fault: { kind: 'status', status: 403 } });
    await endLease(bench, 'one', drained);
    await bench.control.clearFaults();
    await bench.sql(`UPDATE lease SET stuck_at = now() WHERE state = 'draining'`);
    return bench.leasing.leases.force({ sessionId: 'one', by: 'alice', reason: 'gone', requestId: 'r' });
  };

  it('gives up no file that an upload holds', async () => {
    const bench = await openFileBench();
    const fileId = await fileOf(bench, 'ann');
    expect(await stuck(bench, fileId, true)).toMatchObject([{ fileIds: [] }]);
    expect(await fileRows(bench)).toMatchObject([{ marked: false }]);
    expect(await fates(bench)).toMatchObject([{ status: 'completed' }]);
    await bench.files.drop({ fileId, provider: null, userId: 'ann', requestId: 'r' });
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1 });
  });

  it.each([true, false])(
    'ends what was uploaded for the lease, and nobody deletes what it gave up (tried: %s)',
    async (drained) => {
      const bench = await openFileBench();
      const fileId = await fileOf(bench, 'ann');
      await makePlain(bench, false);
      expect(await stuck(bench, fileId, drained)).toMatchObject([{ fileIds: [fileId] }]);
      expect(await fates(bench)).toEqual([
        { user: 'ann', status: 'deleted', reason: 'lease_ended', gone: false },
      ]);
      expect(await upkeep(bench)).toMatchObject({ filesDeleted: 0, waitMs: null });
      expect(await filesThere(bench)).toEqual([fileId]);
    },
  );
});

describe('history', () => {
  it('forgets uploads a month after their proof, and counts on what they had come to', async () => {
    const bench = await openFileBench();
    for (const user of ['ann', 'bob']) await uploadBy(bench, { userId: user, provider: 'openai' });
    await seedUpload(bench, { userId: 'cat', status: 'failed', ageSeconds: 8 * 86_400 });
    const [before] = await bench.files.stats();
    const [{ fileId = '' } = {}] = await bench.sql<{ fileId: string }>(
      'SELECT provider_file_id AS "fileId" FROM file',
    );
    for (const user of ['ann', 'bob']) {
      await bench.files.drop({ fileId, provider: null, userId: user, requestId: 'r' }).catch(() => undefined);
    }
    await mark(bench);
    const prune = async () => {
      const uploads = await keeperOf(bench).pruneUploads();
      await bench.leasing.keeper.pruneHistory();
      return uploads;
    };
    await bench.sql(
      `UPDATE provider_file_uploads SET deleted_at = deleted_at - interval '31 days' WHERE user_id <> 'bob'`,
    );
    // What failed has nothing to be proven; ann's file is there still.
    expect(await prune()).toBe(1);
    await upkeep(bench);
    expect(await prune()).toBe(0);
    await bench.sql(`UPDATE file SET deleted_at = deleted_at - interval '31 days',
      provider_deleted_at = provider_deleted_at - interval '31 days'`);
    await bench.sql(
      `UPDATE provider_file_uploads SET provider_deleted_at = provider_deleted_at - interval '31 days'`,
    );
    // Bob's upload is younger, and keeps the row of the file.
    expect(await prune()).toBe(1);
    expect(await fileRows(bench)).toHaveLength(1);
    await bench.sql(`UPDATE provider_file_uploads SET deleted_at = deleted_at - interval '31 days'`);
    expect(await prune()).toBe(1);
    expect(await fileRows(bench)).toEqual([]);
    const [after] = await bench.files.stats();
    const sums = ({ uploads, dedupeHits, bytesSaved }: NonNullable<typeof after>) => ({
      uploads,
      dedupeHits,
      bytesSaved,
    });
    expect(before && after && sums(after)).toEqual(before && sums(before));
    expect(before).toMatchObject({ uploads: 1, dedupeHits: 1, bytesSaved: 7 });
  });
});
