/** The statistics of uploads, and what the gauges show of them. */
import { expect, it } from 'vitest';
import { createFileReads, fileReading } from '../../files/read/index.ts';
import { openFileBench, seedUpload } from './files-kit.ts';
import { endUpload, failListing, listCandidates, makeStuck } from './stuck-uploads.ts';

it('statistics of what is there and of what was pruned, for each configured provider and any other', async () => {
  const bench = await openFileBench({ providers: ['openai', 'kimi', 'glm'] });
  const none = { liveFiles: 0, liveBytes: 0, uploads: 0, dedupeHits: 0, bytesSaved: 0 };
  const quiet = { ...none, failed: 0, deleting: 0, stuck: 0 };
  const reads = createFileReads(bench.deps);
  expect(await reads.stats()).toEqual([
    { provider: 'openai', ...quiet },
    { provider: 'kimi', ...quiet },
    { provider: 'glm', ...quiet },
  ]);
  // Ten bytes of two users: the second sent nothing.
  await seedUpload(bench, { fileId: 'file-1', userId: 'ann', content: '0123456789' });
  const hit = await seedUpload(bench, { fileId: 'file-1', userId: 'bob', content: '0123456789' });
  await bench.sql(`UPDATE provider_file_uploads SET sent_at = NULL, dedupe_hits = 4 WHERE upload_id = $1`, [
    hit,
  ]);
  await seedUpload(bench, { fileId: 'file-2', content: '01234' });
  await endUpload(bench, await seedUpload(bench, { fileId: 'file-3' }));
  for (const fileId of ['file-4', 'file-5']) {
    await endUpload(bench, await seedUpload(bench, { fileId }));
    await makeStuck(bench, fileId);
  }
  await endUpload(bench, await seedUpload(bench, { fileId: 'file-found', status: 'failed' }), 'orphaned');
  await seedUpload(bench, { status: 'failed' });
  await listCandidates(bench, await seedUpload(bench, { status: 'uploading' }));
  await bench.sql(`INSERT INTO file_statistics VALUES ('openai', 100, 10, 1000), ('kimi', 1, 2, 3)`);
  const other = await bench.another({ providers: ['openai'] });
  const openai = {
    ...{ liveFiles: 2, liveBytes: 15, uploads: 105, dedupeHits: 14, bytesSaved: 1_040 },
    ...{ failed: 1, deleting: 2, stuck: 3 },
  };
  expect(await createFileReads(other.deps).stats()).toEqual([
    { provider: 'openai', ...openai },
    { provider: 'kimi', ...quiet, uploads: 1, dedupeHits: 2, bytesSaved: 3 },
  ]);
});

it('gauges of files by state and of uploads that are not settled; what is under way is neither', async () => {
  const bench = await openFileBench({ providers: ['openai', 'glm'] });
  const [begun] = await bench.sql<{ ms: number }>(
    `SELECT (extract(epoch FROM created_at) * 1000)::float8 AS ms FROM installation`,
  );
  const quiet = { live: 0, deleting: 0, stuck: 0, settling: 0, settlingStuck: 0 };
  expect(await fileReading(bench.deps)).toEqual({
    counts: [
      { provider: 'glm', ...quiet },
      { provider: 'openai', ...quiet },
    ],
    breakers: [
      { provider: 'openai', open: false },
      { provider: 'glm', open: false },
    ],
    retentionMs: begun?.ms,
  });
  await seedUpload(bench, { fileId: 'file-1', userId: 'ann' });
  await seedUpload(bench, { fileId: 'file-1', userId: 'bob' });
  await endUpload(bench, await seedUpload(bench, { fileId: 'file-2' }));
  await endUpload(bench, await seedUpload(bench, { fileId: 'file-3' }));
  await makeStuck(bench, 'file-3');
  const underWay = await seedUpload(bench, { status: 'uploading' });
  await bench.sql(
    `UPDATE provider_file_uploads SET sender_until = clock_timestamp() + interval '1 min' WHERE upload_id = $1`,
    [underWay],
  );
  await seedUpload(bench, { status: 'uploading', ageSeconds: 60 });
  await seedUpload(bench, { status: 'failed', uncertain: true });
  await seedUpload(bench, { status: 'failed' });
  await listCandidates(bench, await seedUpload(bench, { status: 'failed', uncertain: true }));
  await failListing(bench, await seedUpload(bench, { status: 'failed', uncertain: true }));
  const unasked = { status: 'failed', uncertain: true, ageSeconds: 3_600 } as const;
  await failListing(bench, await seedUpload(bench, unasked));
  await bench.sql(
    `INSERT INTO file_run VALUES ('orphans', clock_timestamp()), ('retention', timestamptz '2026-01-01Z')`,
  );
  await bench.sql(
    `UPDATE provider_limit SET open_reason = 'failing', opened_at = clock_timestamp(), open_until = clock_timestamp()
     WHERE account_id = $1`,
    [bench.account('glm').accountId],
  );
  expect(await fileReading(bench.deps)).toEqual({
    counts: [
      { provider: 'glm', ...quiet },
      { provider: 'openai', live: 1, deleting: 1, stuck: 1, settling: 3, settlingStuck: 2 },
    ],
    breakers: [
      { provider: 'openai', open: false },
      { provider: 'glm', open: true },
    ],
    retentionMs: Date.UTC(2026, 0, 1),
  });
});
