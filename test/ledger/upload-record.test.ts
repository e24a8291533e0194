/** What the provider has taken is recorded, or it is settled by somebody; it is never kept of which nobody knows. */
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { codeOf } from './kit.ts';
import { openFileBench, type FileBench } from './files-kit.ts';
import { failAt, fileRows, sentTo, uploadBy, uploadRows } from './upload-kit.ts';
import { openClient } from './two-sides.ts';

/** An upload that the provider has taken, whose sender has not heard of it. */
async function taken(settings = {}) {
  const bench = await openFileBench({ settings });
  await failAt(bench, 'openai', { times: 1, fault: { kind: 'hold', name: 'taken' }, phase: 'after' });
  const asking = uploadBy(bench, { provider: 'openai' });
  asking.catch(() => undefined);
  await bench.control.waitForHeld('taken');
  return { bench, asking };
}
const waitsForLock = async (bench: FileBench) =>
  (await bench.sql(`SELECT 1 FROM pg_locks WHERE NOT granted`)).length > 0;

describe('before the provider has answered', () => {
  it('the ledger has the intent, the time it was sent, and a sender who is alive', async () => {
    const { bench, asking } = await taken();
    expect(
      await bench.sql(
        `SELECT upload_status, claims, sent_at <= clock_timestamp() AS sent, sender_until > clock_timestamp() AS alive
         FROM provider_file_uploads`,
      ),
    ).toEqual([{ upload_status: 'uploading', claims: true, sent: true, alive: true }]);
    await bench.control.release('taken');
    await asking;
  });
});

describe('a ledger that is away when the provider has answered', () => {
  it('has it all the same when it is back within the time of the upload', async () => {
    const { bench, asking } = await taken();
    const side = await openClient(bench.databaseUrl, 'side-a');
    await side.query('BEGIN');
    await side.query('LOCK TABLE file IN EXCLUSIVE MODE');
    await bench.control.release('taken');
    await until(() => waitsForLock(bench), { describe: 'the record waits', everyMs: 5 });
    // The first try is given up by its own time limit.
    await until(async () => !(await waitsForLock(bench)), {
      describe: 'the first try has failed',
      everyMs: 5,
    });
    await side.query('ROLLBACK');
    const made = await asking;
    expect(await fileRows(bench)).toMatchObject([{ provider_file_id: made.fileId, marked: false }]);
    expect(await sentTo(bench)).toHaveLength(1);
  });

  it('leaves the upload as it is where it stays away: upkeep settles it', async () => {
    const { bench, asking } = await taken({ uploadTimeoutMs: 4_000 });
    const side = await openClient(bench.databaseUrl, 'side-a');
    await side.query('BEGIN');
    await side.query('LOCK TABLE file IN EXCLUSIVE MODE');
    await bench.control.release('taken');
    expect(await codeOf(asking)).toBe('LEDGER_UNAVAILABLE');
    await side.query('ROLLBACK');
    expect(await uploadRows(bench)).toMatchObject([{ upload_status: 'uploading', provider_file_id: null }]);
    expect(await fileRows(bench)).toEqual([]);
  });
});

describe('a sender who comes late', () => {
  it('finds its upload settled: the file is deleted, and nobody is told of it', async () => {
    const { bench, asking } = await taken();
    await bench.sql(
      `UPDATE provider_file_uploads SET upload_status = 'failed', claims = false, uncertain = true, sender_until = NULL`,
    );
    await bench.control.release('taken');
    expect(await codeOf(asking)).toBe('UPLOAD_TIMEOUT');
    const { files } = await bench.control.state();
    expect(await uploadRows(bench)).toMatchObject([
      {
        upload_status: 'deleted',
        deletion_reason: 'orphaned',
        uncertain: false,
        provider_file_id: files[0]?.id,
      },
    ]);
    expect(await fileRows(bench)).toEqual([
      { provider_file_id: files[0]?.id, uploaded: true, marked: true, due: true },
    ]);
    expect(bench.told.due).toBe(1);
  });

  it('finds the file known already, as one to be deleted: it stays so', async () => {
    const { bench, asking } = await taken();
    const { files } = await bench.control.state();
    const { accountId, provider } = bench.account('openai');
    await bench.sql(
      `INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded, deleted_at, next_try_at)
       VALUES ('openai', $1, $2, $3, true, clock_timestamp(), clock_timestamp())`,
      [provider.account.baseUrl, accountId, files[0]?.id],
    );
    await bench.control.release('taken');
    expect(await codeOf(asking)).toBe('UPLOAD_TIMEOUT');
    expect(await fileRows(bench)).toMatchObject([{ provider_file_id: files[0]?.id, marked: true }]);
    expect(await uploadRows(bench)).toMatchObject([
      { upload_status: 'deleted', deletion_reason: 'orphaned' },
    ]);
  });

  it('finds its upload pruned: the file is deleted all the same', async () => {
    const { bench, asking } = await taken();
    await bench.sql(`DELETE FROM provider_file_uploads`);
    await bench.control.release('taken');
    expect(await codeOf(asking)).toBe('UPLOAD_TIMEOUT');
    expect(await fileRows(bench)).toMatchObject([{ uploaded: true, marked: true, due: true }]);
  });

  it('leaves a file to the lease that came to track it by its id', async () => {
    const { bench, asking } = await taken();
    const { leases } = bench.leasing;
    const fileIds = (await bench.control.state()).files.map(({ id }) => id);
    await leases.acquire({ sessionId: 's', protect: false, requestId: 'r' });
    await leases.track({ sessionId: 's', leaseId: null, requestId: 'r', fileIds, filePaths: [] });
    await bench.sql(
      `UPDATE provider_file_uploads SET upload_status = 'failed', claims = false, sender_until = NULL`,
    );
    await bench.control.release('taken');
    expect(await codeOf(asking)).toBe('UPLOAD_TIMEOUT');
    expect(await fileRows(bench)).toMatchObject([{ uploaded: true, marked: false }]);
  });
});

describe('a provider that knows equal content by itself', () => {
  it('answers with the file that the user holds: one hold, and no second row', async () => {
    const bench = await openFileBench({ settings: { dedupe: false } });
    const first = await uploadBy(bench, { provider: 'openai' });
    const body = {
      id: first.fileId,
      object: 'file',
      created_at: 1,
      bytes: 7,
      filename: 'a.txt',
      purpose: 'assistants',
    };
    await failAt(bench, 'openai', { times: 2, fault: { kind: 'answer', body } });
    expect(await uploadBy(bench, { provider: 'openai' })).toMatchObject({ fileId: first.fileId });
    expect(await uploadBy(bench, { provider: 'openai', userId: 'bob' })).toMatchObject({
      fileId: first.fileId,
    });
    expect(await uploadRows(bench)).toMatchObject([
      { user_id: 'anonymous', upload_status: 'completed' },
      { user_id: 'bob', upload_status: 'completed' },
    ]);
  });
});
