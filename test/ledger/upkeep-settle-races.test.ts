/** Uploads that nobody ended, several of them at once, or beside those who look after them. */
import { describe, expect, it } from 'vitest';
import { completeUpload } from '../../ledger/queries/upload-complete.ts';
import { openFileBench, type FileBench } from './files-kit.ts';
import { alive, rows, stale, taken } from './lost-uploads.ts';
import { calls, dueAgain, filesThere, upkeep } from './upkeep-kit.ts';

/** The sender's own record of the file, in a transaction that he would undo where it is refused. */
async function record(bench: FileBench, uploadId: string, fileId: string): Promise<boolean> {
  const { provider, accountId } = bench.account('openai');
  const owner = { provider: provider.account.provider, baseUrl: provider.account.baseUrl, accountId };
  return bench.ledger.transaction((db) => completeUpload(db, { uploadId, owner, fileId, keptDays: null }));
}

describe('an equal upload under way', () => {
  it('may be what made the file: it is waited for, and what it records is its own', async () => {
    const bench = await openFileBench();
    const id = await taken(bench);
    await stale(bench, { userId: 'dead' });
    const live = await stale(bench, { userId: 'live' });
    await alive(bench, 'live');
    const { waitMs } = await upkeep(bench);
    expect(waitMs).toBeGreaterThan(20_000);
    expect(await filesThere(bench)).toEqual([id]);
    expect(await record(bench, live, id)).toBe(true);
    await dueAgain(bench);
    await upkeep(bench);
    expect(await rows(bench)).toMatchObject([
      { status: 'failed', uncertain: true, empty: 1 },
      { status: 'completed' },
    ]);
    expect(await filesThere(bench)).toEqual([id]);
  });

  it('that has been settled comes too late to record its file', async () => {
    const bench = await openFileBench();
    const id = await taken(bench);
    const late = await stale(bench);
    const fault = { kind: 'status', status: 500 } as const;
    await bench.control.setFault({ match: { operation: 'delete_file' }, fault });
    await upkeep(bench);
    expect(await record(bench, late, id)).toBe(false);
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1 });
  });
});

describe('many at once', () => {
  it('one listing of each account serves all of its uploads', async () => {
    const bench = await openFileBench();
    for (let n = 0; n < 8; n += 1) await stale(bench, { filename: `${n}.txt` });
    for (let n = 0; n < 3; n += 1)
      await stale(bench, { provider: 'kimi', purpose: 'file-extract', filename: `${n}.md` });
    await taken(bench, { filename: '5.txt' });
    await upkeep(bench);
    const listings = await calls(bench, 'list_files');
    expect(listings.map(({ path }) => path).toSorted()).toEqual(['/kimi/v1/files', '/v1/files']);
    expect((await rows(bench)).filter(({ reason }) => reason === 'orphaned')).toHaveLength(1);
    expect((await rows(bench)).filter(({ empty }) => empty === 1)).toHaveLength(10);
  });

  it('what one pass looks after is left alone by another', async () => {
    const bench = await openFileBench();
    await taken(bench);
    await stale(bench);
    const fault = { kind: 'hold', name: 'first' } as const;
    await bench.control.setFault({ match: { operation: 'list_files' }, fault });
    const first = upkeep(bench);
    await bench.control.waitForHeld('first');
    expect(await upkeep(await bench.another())).toMatchObject({ filesDeleted: 0, errors: [] });
    await bench.control.release('first');
    expect(await first).toMatchObject({ filesDeleted: 1 });
    expect(await calls(bench, 'list_files')).toHaveLength(1);
  });
});

describe('an account that cannot be asked', () => {
  it('keeps them listed with the reason: another key, or none', async () => {
    const bench = await openFileBench();
    const id = await taken(bench);
    await stale(bench);
    const changed = await bench.another({ keys: { openai: 'sk-test-another' } });
    expect((await upkeep(changed)).errors).toEqual([expect.stringContaining('ACCOUNT_CHANGED')]);
    await dueAgain(bench);
    const without = await bench.another({ providers: ['kimi'] });
    expect((await upkeep(without)).errors).toEqual([expect.stringContaining('no key is configured')]);
    expect(await rows(bench)).toMatchObject([{ uncertain: true, empty: 0 }]);
    expect(await filesThere(bench)).toEqual([id]);
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1 });
  });

  it('is asked again after a while', async () => {
    const bench = await openFileBench();
    await stale(bench);
    const fault = { kind: 'status', status: 503 } as const;
    await bench.control.setFault({ match: { operation: 'list_files' }, fault });
    expect((await upkeep(bench)).errors).toHaveLength(1);
    expect(await rows(bench)).toMatchObject([
      { uncertain: true, empty: 0, error: expect.stringContaining('503') },
    ]);
    await dueAgain(bench);
    await upkeep(bench);
    expect(await rows(bench)).toMatchObject([{ empty: 1 }]);
  });
});
