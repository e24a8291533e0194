/** Which uploads a run lets go of, and which files go with them: exactly those, and a dry run tells the same. */
import { describe, expect, it } from 'vitest';
import { openFileBench, seedUpload, type FileBench, type UploadSeed } from './files-kit.ts';
import { DAY_SECONDS, endLease, everything, fates, leaseOn, mark, markedFiles } from './upkeep-kit.ts';

const days = (count: number) => count * DAY_SECONDS;
const BYTES = Buffer.byteLength('content');

/** Uploads by the names of their users. */
async function seed(bench: FileBench, uploads: Readonly<Record<string, UploadSeed>>): Promise<void> {
  for (const [userId, upload] of Object.entries(uploads)) await seedUpload(bench, { userId, ...upload });
}

/** A dry run, and then the real one, which have to agree. */
async function run(bench: FileBench, kind: 'retention' | 'orphans' = 'retention') {
  const before = await everything(bench);
  const { uploads, bytes } = await mark(bench, { kind, dryRun: true });
  expect(await everything(bench)).toEqual(before);
  expect(await mark(bench, { kind })).toMatchObject({ uploads, bytes });
  return { uploads, bytes };
}

const ended = async (bench: FileBench) =>
  (await fates(bench)).filter(({ status }) => status === 'deleted').map(({ user, reason }) => [user, reason]);

describe('by age', () => {
  it('lets go of what was unused for 30 days and of what failed 7 days ago, and of nothing else', async () => {
    const bench = await openFileBench();
    await seed(bench, {
      'unused 29': { fileId: 'file-29', ageSeconds: days(29) },
      'unused 31': { fileId: 'file-31', ageSeconds: days(31) },
      'failed 6': { status: 'failed', ageSeconds: days(6) },
      'failed 8': { status: 'failed', ageSeconds: days(8) },
      'failed 8, uncertain': { status: 'failed', uncertain: true, ageSeconds: days(8) },
      'pending, young': { status: 'pending', ageSeconds: 1 },
      'pending, old': { status: 'pending', ageSeconds: days(99) },
      'uploading, young': { status: 'uploading', ageSeconds: 1 },
      'uploading, old': { status: 'uploading', ageSeconds: days(99) },
      'used lately': { fileId: 'file-used', ageSeconds: days(99) },
    });
    await bench.sql(`UPDATE provider_file_uploads SET last_used = now() WHERE user_id = 'used lately'`);
    expect(await run(bench)).toEqual({ uploads: 2, bytes: BYTES });
    expect(await ended(bench)).toEqual([
      ['failed 8', 'orphaned'],
      ['unused 31', 'expired'],
    ]);
    expect(await markedFiles(bench)).toEqual(['file-31']);
    // What is deleted already is left as it is.
    const after = await everything(bench);
    expect(await run(bench)).toEqual({ uploads: 0, bytes: 0 });
    expect(await everything(bench)).toEqual(after);
  });

  it('clears away only what failed where that is all that is asked', async () => {
    const bench = await openFileBench();
    await seed(bench, {
      'unused 31': { fileId: 'file-31', ageSeconds: days(31) },
      'failed 8': { status: 'failed', ageSeconds: days(8) },
    });
    expect(await run(bench, 'orphans')).toEqual({ uploads: 1, bytes: 0 });
    expect(await ended(bench)).toEqual([['failed 8', 'orphaned']]);
  });

  it('goes by the days that are configured', async () => {
    const bench = await openFileBench({ settings: { retentionDays: 1, failedRetentionDays: 1 } });
    await seed(bench, {
      'unused 2': { fileId: 'file-2', ageSeconds: days(2) },
      'failed 2': { status: 'failed', ageSeconds: days(2) },
    });
    expect(await run(bench)).toEqual({ uploads: 2, bytes: BYTES });
  });

  it('reads page after page', async () => {
    const bench = await openFileBench();
    await seedUpload(bench, { fileId: 'file-0', userId: 'u 0', ageSeconds: days(31) });
    await bench.sql(`INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded)
      SELECT provider, base_url, account_id, 'file-' || n, true FROM file, generate_series(1, 450) n`);
    await bench.sql(`INSERT INTO provider_file_uploads (upload_id, account_id, provider, provider_file_id, file_key, sha256,
        filename, file_size_bytes, mime_type, purpose, user_id, plain, upload_status, last_used)
      SELECT gen_random_uuid(), u.account_id, u.provider, f.provider_file_id, f.file_key, u.sha256, u.filename,
        u.file_size_bytes, u.mime_type, u.purpose, 'u', true, 'completed', u.last_used
      FROM provider_file_uploads u, file f WHERE f.provider_file_id <> 'file-0'`);
    expect(await run(bench)).toEqual({ uploads: 451, bytes: 451 * BYTES });
    expect(await markedFiles(bench)).toHaveLength(451);
  });
});

describe('what a lease has', () => {
  it('stays while the lease is live, and for 30 days from its end', async () => {
    const bench = await openFileBench();
    await seed(bench, { ann: { fileId: 'file-1', ageSeconds: days(99) } });
    await leaseOn(bench, 'one', ['file-1']);
    await leaseOn(bench, 'two', ['file-1']);
    // Tracking moved it: only the leases are in the way.
    const unused = () => bench.sql(`UPDATE provider_file_uploads SET last_used = now() - interval '99 days'`);
    await unused();
    expect(await run(bench)).toEqual({ uploads: 0, bytes: 0 });
    await endLease(bench, 'one');
    await unused();
    expect(await run(bench)).toEqual({ uploads: 0, bytes: 0 });
    await endLease(bench, 'two', false);
    await unused();
    expect(await run(bench)).toEqual({ uploads: 0, bytes: 0 });
    await bench.sql(`UPDATE lease SET ended_at = now() - interval '31 days'`);
    expect(await run(bench)).toEqual({ uploads: 1, bytes: BYTES });
    expect(await markedFiles(bench)).toEqual(['file-1']);
  });

  it('was uploaded for it: ends with the last lease, where its drain has not seen to it', async () => {
    const bench = await openFileBench();
    await seed(bench, {
      'for one': { fileId: 'file-1', sessionId: 'one', plain: false },
      'for two': { fileId: 'file-1', sessionId: 'two', plain: false },
      'for one, shared': { fileId: 'file-2', sessionId: 'one', plain: false },
      'by itself': { fileId: 'file-2' },
    });
    await leaseOn(bench, 'one', ['file-1', 'file-2']);
    await leaseOn(bench, 'two', ['file-1']);
    expect(await run(bench)).toEqual({ uploads: 0, bytes: 0 });
    await endLease(bench, 'one', false);
    expect(await run(bench)).toEqual({ uploads: 1, bytes: 0 });
    await endLease(bench, 'two', false);
    expect(await run(bench)).toEqual({ uploads: 2, bytes: BYTES });
    expect(await ended(bench)).toEqual([
      ['for one', 'lease_ended'],
      ['for one, shared', 'lease_ended'],
      ['for two', 'lease_ended'],
    ]);
    expect(await markedFiles(bench)).toEqual(['file-1']);
  });
});

describe('shared by two users', () => {
  it('stays with the one who used it lately, and goes once with both', async () => {
    const bench = await openFileBench();
    await seed(bench, {
      ann: { fileId: 'file-1', ageSeconds: days(31) },
      bob: { fileId: 'file-1', ageSeconds: days(29) },
      cat: { fileId: 'file-2', ageSeconds: days(31) },
      dan: { fileId: 'file-2', ageSeconds: days(32) },
    });
    expect(await run(bench)).toEqual({ uploads: 3, bytes: BYTES });
    expect((await ended(bench)).map(([user]) => user)).toEqual(['ann', 'cat', 'dan']);
    expect(await markedFiles(bench)).toEqual(['file-2']);
    await bench.sql(
      `UPDATE provider_file_uploads SET last_used = now() - interval '31 days' WHERE user_id = 'bob'`,
    );
    expect(await run(bench)).toEqual({ uploads: 1, bytes: BYTES });
    expect(await markedFiles(bench)).toEqual(['file-1', 'file-2']);
  });
});

describe("the provider's own limit", () => {
  it('ends what has lapsed, unless a lease holds it', async () => {
    const bench = await openFileBench();
    await seed(bench, {
      ann: { fileId: 'file-1', provider: 'glm' },
      bob: { fileId: 'file-1', provider: 'glm', ageSeconds: days(99) },
      cat: { fileId: 'file-2', provider: 'glm' },
      dan: { fileId: 'file-3' },
    });
    await bench.sql(`UPDATE provider_file_uploads SET expires_at = now() +
      CASE WHEN user_id = 'cat' THEN interval '1 day' ELSE interval '-1 day' END`);
    await leaseOn(bench, 'one', ['file-3']);
    expect(await run(bench)).toEqual({ uploads: 2, bytes: BYTES });
    expect(await ended(bench)).toEqual([
      ['ann', 'expired'],
      ['bob', 'expired'],
    ]);
    expect(await markedFiles(bench)).toEqual(['file-1']);
  });
});

/** Numbers that look like chance and are the same in every run. */
function chance(seedValue: number): (below: number) => number {
  let state = seedValue;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 12) % below;
  };
}

describe('any mixture', () => {
  it.each([1, 2, 3, 4])('a dry run foretells it (%i)', async (number) => {
    const bench = await openFileBench();
    const dice = chance(number * 7_919);
    const sessions = ['one', 'two', 'three'];
    for (let n = 0; n < 60; n += 1) {
      const status = (['completed', 'completed', 'completed', 'failed'] as const)[dice(4)];
      await seedUpload(bench, {
        userId: `user ${n}`,
        ...(status === 'completed' ? { fileId: `file-${dice(20)}` } : {}),
        status: status ?? 'failed',
        uncertain: status === 'failed' && dice(2) === 0,
        plain: dice(3) > 0,
        ageSeconds: days(25 + dice(12)),
      });
    }
    for (const session of sessions) {
      const ids = Array.from({ length: 5 }, () => `file-${dice(20)}`);
      await leaseOn(bench, session, [...new Set(ids)]);
    }
    await bench.sql(`UPDATE provider_file_uploads SET last_used = created_at`);
    await bench.sql(
      `UPDATE provider_file_uploads SET expires_at = now() - interval '1 day' WHERE file_key % 7 = 0`,
    );
    await endLease(bench, 'two', false);
    await bench.sql(`UPDATE lease SET ended_at = ended_at - interval '30 days' WHERE ended_at IS NOT NULL`);
    const { uploads } = await run(bench);
    expect(uploads).toBeGreaterThan(5);
    // Nothing is marked that somebody holds, and what nobody holds is marked.
    expect(
      await bench.sql(`SELECT f.provider_file_id FROM file f WHERE (f.deleted_at IS NULL) = (
        NOT EXISTS (SELECT FROM provider_file_uploads u WHERE u.file_key = f.file_key AND u.deleted_at IS NULL)
        AND NOT EXISTS (SELECT FROM lease_entry e JOIN lease l USING (lease_id) WHERE e.file_key = f.file_key
          AND l.state = 'active')
        AND EXISTS (SELECT FROM provider_file_uploads u WHERE u.file_key = f.file_key))`),
    ).toEqual([]);
    expect(await run(bench)).toEqual({ uploads: 0, bytes: 0 });
  });
});
