/** What the upkeep proves before it forgets a file, through faults of every kind. */
import { describe, expect, it } from 'vitest';
import { pauseDeletions, resumeDeletions } from '../../leases/index.ts';
import type { ProviderName } from '../../domain/providers.ts';
import type { Ledger } from '../../ledger/index.ts';
import { openFileBench, PATHS, seedUpload, type FileBench, type FileOptions } from './files-kit.ts';
import { CONTEXT } from './kit.ts';
import { endUpload } from './stuck-uploads.ts';
import { told, uploadBy } from './upload-kit.ts';
import { calls, dueAgain, fates, filesThere, keeperOf, mark, sdkOf, upkeep } from './upkeep-kit.ts';

/** Files that nobody holds any longer, each with content of its own. */
async function doomed(bench: FileBench, count: number, provider: ProviderName = 'openai') {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const content = `content ${provider} ${n}`;
    const { fileId } = await uploadBy(bench, { userId: 'ann', provider, content });
    await bench.files.drop({ fileId, provider, userId: 'ann', requestId: 'r' });
    ids.push(fileId);
  }
  return ids;
}
const rows = (bench: FileBench) =>
  bench.sql<{
    id: string;
    attempts: number;
    error: string | null;
    stuck: boolean;
    waits: string | null;
    gone: boolean;
  }>(
    `SELECT provider_file_id AS id, attempts, last_error AS error, stuck_at IS NOT NULL AS stuck, waits_for AS waits,
       provider_deleted_at IS NOT NULL AS gone FROM file ORDER BY file_key`,
  );
const age = (bench: FileBench, column: string, by = '11 min') =>
  bench.sql(`UPDATE file SET ${column} = ${column} - interval '${by}'`);
const DENIED = { kind: 'status', status: 500 } as const;

describe('what is marked', () => {
  it('is deleted and proven, told of once, and nothing is left', async () => {
    const bench = await openFileBench();
    const ids = [
      ...(await doomed(bench, 3)),
      ...(await doomed(bench, 1, 'kimi')),
      ...(await doomed(bench, 1, 'glm')),
    ];
    expect(await keeperOf(bench).upkeepDueMs()).toBe(0);
    const bytes = 3 * 'content openai 0'.length + 'content kimi 0'.length + 'content glm 0'.length;
    expect(await upkeep(bench)).toEqual({ filesDeleted: 5, bytesFreed: bytes, errors: [], waitMs: null });
    expect(await filesThere(bench)).toEqual([]);
    expect(await rows(bench)).toMatchObject(ids.map((id) => ({ id, gone: true })));
    expect((await fates(bench)).every(({ reason, gone }) => reason === 'manual' && gone)).toBe(true);
    expect(told(bench, 'deleted').toSorted()).toEqual([
      ['glm', 'manual'],
      ['kimi', 'manual'],
      ...Array<unknown>(3).fill(['openai', 'manual']),
    ]);
    expect(bench.logged.filter(({ event }) => event === 'file_deleted')).toHaveLength(5);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 0, waitMs: null });
    expect(await calls(bench, 'delete_file')).toHaveLength(5);
  });

  it('is deleted once where two passes come at once', async () => {
    const bench = await openFileBench();
    await doomed(bench, 12);
    const other = await bench.another();
    const passes = await Promise.all([upkeep(bench), upkeep(other)]);
    expect(passes.reduce((sum, { filesDeleted }) => sum + filesDeleted, 0)).toBe(12);
    expect(await calls(bench, 'delete_file')).toHaveLength(12);
  });

  it('goes on with what the time of a pass does not suffice for', async () => {
    const bench = await openFileBench({ settings: { passBudgetMs: 0 } });
    await doomed(bench, 2);
    expect(await upkeep(bench)).toEqual({ filesDeleted: 0, bytesFreed: 0, errors: [], waitMs: 0 });
  });
});

describe('a provider that refuses', () => {
  it('holds up one file and no other; it is tried again, gets stuck, is listed, and goes in the end', async () => {
    const bench = await openFileBench();
    const [first = '', ...others] = await doomed(bench, 4);
    await bench.control.setFault({ match: { operation: 'delete_file', id: first }, times: 0, fault: DENIED });
    const pass = await upkeep(bench);
    expect(pass).toMatchObject({ filesDeleted: 3 });
    expect(pass.errors).toEqual([expect.stringContaining(`file ${first} at openai: delete_file`)]);
    expect(pass.waitMs).toBeGreaterThan(0);
    expect(pass.waitMs).toBeLessThanOrEqual(1_000);
    expect(await filesThere(bench)).toEqual([first]);
    expect(await rows(bench)).toMatchObject([
      { id: first, attempts: 1, error: expect.stringContaining('500'), stuck: false, gone: false },
      ...others.map((id) => ({ id, attempts: 0, gone: true })),
    ]);
    await dueAgain(bench);
    await age(bench, 'failing_since');
    const again = await upkeep(bench);
    expect(again.waitMs).toBeGreaterThan(600_000);
    expect(bench.logged.filter(({ event }) => event === 'file_delete_failed')).toHaveLength(2);
    expect(bench.logged.filter(({ event }) => event === 'file_stuck')).toHaveLength(1);
    const page = { status: null, provider: null, stuck: true, cursor: null, limit: 10 };
    const { uploads } = await bench.files.list(page);
    expect(uploads).toMatchObject([{ fileId: first, stuck: { attempts: 2 } }]);
    await bench.control.clearFaults();
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1, waitMs: null });
    expect((await bench.files.list(page)).uploads).toEqual([]);
  });

  it.each([401, 403])('for want of the right (%i) makes it stuck at once', async (status) => {
    const bench = await openFileBench();
    await doomed(bench, 1);
    await bench.control.setFault({
      match: { operation: 'delete_file' },
      times: 0,
      fault: { kind: 'status', status },
    });
    await upkeep(bench);
    expect(await rows(bench)).toMatchObject([{ stuck: true, gone: false }]);
  });

  it('asks for time and gets it', async () => {
    const bench = await openFileBench();
    await doomed(bench, 1);
    const fault = { kind: 'status', status: 429, retry_after: 120 } as const;
    await bench.control.setFault({ match: { operation: 'delete_file' }, fault });
    const { waitMs } = await upkeep(bench);
    expect(waitMs).toBeGreaterThan(110_000);
  });
});

describe('404', () => {
  const removed = async (bench: FileBench) => {
    const [id = ''] = await doomed(bench, 1);
    await sdkOf(bench).files.delete(id);
  };

  it('of something old counts at once', async () => {
    const bench = await openFileBench();
    await removed(bench);
    await age(bench, 'tracked_at');
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1, waitMs: null });
  });

  it('of something young counts with a second one a minute later', async () => {
    const bench = await openFileBench();
    await removed(bench);
    const { filesDeleted, errors, waitMs } = await upkeep(bench);
    expect([filesDeleted, errors]).toEqual([0, []]);
    expect(waitMs).toBeGreaterThan(50_000);
    expect(await rows(bench)).toMatchObject([
      { waits: expect.stringContaining('second'), attempts: 0, gone: false },
    ]);
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 0 });
    await age(bench, 'not_found_at', '61 s');
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1, waitMs: null });
  });
});

describe('a deletion that says it worked and was not recorded', () => {
  /** The ledger, as it is while a statement of that name cannot be carried out. */
  const without = (ledger: Ledger, name: string): Ledger => ({
    ...ledger,
    rows: (statement, values) =>
      statement.name === name ? Promise.reject(new Error('away')) : ledger.rows(statement, values),
  });

  it('is proven by the next pass, and counted once', async () => {
    const bench = await openFileBench();
    await doomed(bench, 1);
    const crashed = { ...bench, deps: { ...bench.deps, ledger: without(bench.ledger, 'file-deleted') } };
    await expect(upkeep(crashed)).rejects.toThrow('away');
    expect(await filesThere(bench)).toEqual([]);
    expect(await rows(bench)).toMatchObject([{ gone: false }]);
    // Until its claim ends nobody else comes to it.
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 0 });
    await dueAgain(bench);
    await age(bench, 'tracked_at');
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1, waitMs: null });
    expect(told(bench, 'deleted')).toEqual([['openai', 'manual']]);
  });

  it('is counted once where a second pass proves it while the first one waits for its answer', async () => {
    const bench = await openFileBench({ settings: { providerDeadlineMs: 10_000 } });
    const other = await bench.another();
    await doomed(bench, 1);
    const fault = { kind: 'hold', name: 'slow' } as const;
    await bench.control.setFault({ match: { operation: 'delete_file' }, fault, phase: 'after' });
    const first = upkeep(bench);
    await bench.control.waitForHeld('slow');
    await dueAgain(bench);
    await age(bench, 'tracked_at');
    expect(await upkeep(other)).toMatchObject({ filesDeleted: 1 });
    await bench.control.release('slow');
    expect(await first).toMatchObject({ filesDeleted: 0, errors: [] });
    expect(bench.logged.filter(({ event }) => event === 'file_deleted')).toEqual([]);
  });
});

describe('a pause of deletions', () => {
  it('is obeyed, recorded, no failure, and ends with the resume', async () => {
    const bench = await openFileBench();
    await doomed(bench, 2);
    await pauseDeletions(bench.ledger, { by: 'alice', reason: 'a copy' });
    const { filesDeleted, errors, waitMs } = await upkeep(bench);
    expect([filesDeleted, errors]).toEqual([0, []]);
    expect(waitMs).toBeGreaterThan(200_000);
    expect(await calls(bench, 'delete_file')).toEqual([]);
    expect(await rows(bench)).toMatchObject(
      Array(2).fill({ waits: 'deletions are paused', attempts: 0, stuck: false }),
    );
    await resumeDeletions(bench.ledger);
    expect(await keeperOf(bench).upkeepDueMs()).toBe(0);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 2, waitMs: null });
  });

  it('that comes in the middle of a pass stops the rest', async () => {
    const bench = await openFileBench({ settings: { fileConcurrency: 1 } });
    await doomed(bench, 3);
    const fault = { kind: 'hold', name: 'first' } as const;
    await bench.control.setFault({ match: { operation: 'delete_file' }, fault });
    const pass = upkeep(bench);
    await bench.control.waitForHeld('first');
    await pauseDeletions(bench.ledger, { by: 'alice', reason: 'a copy' });
    await bench.control.release('first');
    expect(await pass).toMatchObject({ filesDeleted: 1 });
    expect(await calls(bench, 'delete_file')).toHaveLength(1);
    const left = (await rows(bench)).filter(({ gone }) => !gone);
    expect(left).toMatchObject(Array(2).fill({ waits: 'deletions are paused', attempts: 0 }));
  });
});

describe('a provider that is away', () => {
  it("holds up its own files, and not the others'; what was not claimed is left as it is", async () => {
    const bench = await openFileBench({ limits: { failuresToOpen: 2 }, settings: { fileConcurrency: 1 } });
    for (let n = 0; n < 14; n += 1) {
      await endUpload(bench, await seedUpload(bench, { provider: 'kimi', fileId: `file-${n}` }));
    }
    const others = await doomed(bench, 2, 'openai');
    const match = { operation: 'delete_file', path: `^${PATHS.kimi}/` } as const;
    await bench.control.setFault({ match, times: 0, fault: DENIED });
    const pass = await upkeep(bench);
    expect(pass).toMatchObject({ filesDeleted: 2, waitMs: 0 });
    expect((await filesThere(bench)).some((id) => others.includes(id))).toBe(false);
    const left = (await rows(bench)).filter(({ gone }) => !gone);
    // Two opened the breaker; what it kept from being sent has not failed.
    expect(left.filter(({ attempts }) => attempts > 0)).toHaveLength(2);
    expect(left.filter(({ waits }) => waits?.startsWith('held back') === true)).toHaveLength(8);
    expect(left.filter(({ attempts, waits }) => attempts === 0 && waits === null)).toHaveLength(4);
    const sent = await calls(bench, 'delete_file');
    expect(sent.filter(({ path }) => path.startsWith(PATHS.kimi))).toHaveLength(2);
  });
});

describe('an account that is another one now', () => {
  const changed = (kimi: string): FileOptions => ({ keys: { kimi } });

  it('proves nothing by a 404, and is stuck, until something of ours is seen through the new key', async () => {
    const bench = await openFileBench();
    await doomed(bench, 1, 'kimi');
    await age(bench, 'tracked_at');
    const later = await bench.another(changed('sk-test-kimi-two'));
    await upkeep(later);
    expect(await rows(bench)).toMatchObject([
      { gone: false, stuck: true, error: expect.stringContaining('ACCOUNT_CHANGED') },
    ]);
    expect(await filesThere(bench)).toHaveLength(1);
    // The key turns out to be one of the same account.
    await bench.control.config({ share_accounts: true });
    await dueAgain(bench);
    expect(await upkeep(later)).toMatchObject({ filesDeleted: 1 });
    expect(await filesThere(bench)).toEqual([]);
  });

  it('is known again by any upload of ours that its listing shows', async () => {
    const bench = await openFileBench();
    await uploadBy(bench, { userId: 'bob', provider: 'kimi', content: 'stays' });
    const [gone = ''] = await doomed(bench, 1, 'kimi');
    await sdkOf(bench, 'kimi').files.delete(gone);
    await age(bench, 'tracked_at');
    const later = await bench.another(changed('sk-test-kimi-two'));
    await bench.control.config({ share_accounts: true });
    expect(await upkeep(later)).toMatchObject({ filesDeleted: 1 });
  });

  it('that no key is configured for any more keeps the file listed, with the reason', async () => {
    const bench = await openFileBench();
    const ids = await doomed(bench, 1, 'glm');
    const later = await bench.another({ providers: ['openai', 'kimi'] });
    expect((await upkeep(later)).errors).toEqual([expect.stringContaining('no key is configured')]);
    expect(await rows(bench)).toMatchObject([{ stuck: true, gone: false }]);
    expect(await filesThere(bench)).toEqual(ids);
    await dueAgain(bench);
    expect(await upkeep(bench)).toMatchObject({ filesDeleted: 1 });
  });
});

describe('a run', () => {
  it('tells how far the deletion of what it let go of has come, whoever deletes it', async () => {
    const bench = await openFileBench();
    for (const user of ['ann', 'bob']) await uploadBy(bench, { userId: user, provider: 'openai' });
    await uploadBy(bench, { userId: 'ann', provider: 'openai', content: 'a longer content' });
    await doomed(bench, 1, 'kimi');
    await bench.sql(`UPDATE provider_file_uploads SET last_used = now() - interval '31 days'`);
    const marked = await mark(bench);
    expect(marked).toMatchObject({ uploads: 3, bytes: 'content'.length + 'a longer content'.length });
    const keeper = keeperOf(bench);
    expect(await keeper.runProgress(marked)).toEqual({ filesDeleted: 0, bytesFreed: 0, untried: 2 });
    await upkeep(await bench.another());
    expect(await keeper.runProgress(marked)).toEqual({
      filesDeleted: 2,
      bytesFreed: marked.bytes,
      untried: 0,
    });
  });

  it('is recorded when it ends, unless it was a dry one', async () => {
    const bench = await openFileBench();
    const report = { files_marked: 1, files_deleted: 1, bytes_freed: 7, errors: ['x'], duration: 0.5 };
    const ended = () => bench.sql('SELECT kind FROM file_run');
    await keeperOf(bench).finishRun({ kind: 'retention', dryRun: true }, report);
    expect(await ended()).toEqual([]);
    await keeperOf(bench).finishRun({ kind: 'retention', dryRun: false }, report);
    await keeperOf(bench).finishRun({ kind: 'retention', dryRun: false }, report);
    expect(await ended()).toEqual([{ kind: 'retention' }]);
    expect(bench.logged.filter(({ event }) => event === 'files_cleanup_finished')).toMatchObject([
      { dry_run: true, files_marked: 1, errors: 1 },
      { dry_run: false },
      { dry_run: false },
    ]);
  });
});

it('a pass that is broken off records no failure, and leaves what it had claimed due', async () => {
  const bench = await openFileBench({ settings: { fileConcurrency: 1 } });
  await doomed(bench, 2);
  const stopping = new AbortController();
  const fault = { kind: 'hold', name: 'first' } as const;
  await bench.control.setFault({ match: { operation: 'delete_file' }, fault });
  const pass = keeperOf(bench).upkeep({ ...CONTEXT, signal: stopping.signal });
  await bench.control.waitForHeld('first');
  stopping.abort(new Error('stop'));
  await expect(pass).rejects.toThrow('stop');
  expect(await rows(bench)).toMatchObject(Array(2).fill({ attempts: 0, gone: false }));
  expect(await keeperOf(bench).upkeepDueMs()).toBe(0);
});
