/** Uploads for a session: attached and tracked in one call; they go with the lease where nobody else holds them. */
import { describe, expect, it } from 'vitest';
import { acquireOf, ask, codeOf, CONTEXT } from './kit.ts';
import { openFileBench, type FileBench, type FileOptions } from './files-kit.ts';
import { failAt, fileRows, sentTo, told, uploadBy, uploadRows } from './upload-kit.ts';

async function withSession(options: FileOptions = {}) {
  const bench = await openFileBench(options);
  const lease = await bench.leasing.leases.acquire(acquireOf('s'));
  return { bench, lease };
}
const endLease = async (bench: FileBench, leaseId: string) => {
  await bench.leasing.leases.release({ ...ask('s'), force: false });
  return bench.leasing.keeper.deleteFiles(leaseId, CONTEXT);
};
const filesOf = async (bench: FileBench, storeId: string) =>
  (await bench.control.state()).stores.find(({ id }) => id === storeId)?.files;
const inSession = { sessionId: 's', userId: 'ann' };

describe('an upload for a session', () => {
  it('is attached to its store, tracked by its lease, which it renews, and held by nothing else', async () => {
    const { bench, lease } = await withSession();
    await bench.sql(`UPDATE lease SET expires_at = clock_timestamp() + interval '5 s'`);
    const made = await uploadBy(bench, inSession);
    expect(made).toMatchObject({
      provider: 'openai',
      deduplicated: false,
      lease: { leaseId: lease.leaseId, secondsLeft: 600 },
    });
    expect(await filesOf(bench, lease.vectorStoreId)).toEqual([made.fileId]);
    expect((await bench.leasing.leases.get('s')).files).toEqual([made.fileId]);
    expect(await uploadRows(bench)).toMatchObject([
      { plain: false, session_id: 's', upload_status: 'completed' },
    ]);
    expect(bench.logged.at(-1)).toMatchObject({
      event: 'file_uploaded',
      session_id: 's',
      lease_id: lease.leaseId,
      provider: 'openai',
    });
  });

  it('goes with the lease', async () => {
    const { bench, lease } = await withSession();
    const { fileId } = await uploadBy(bench, inSession);
    await bench.control.age(fileId, 3_600);
    expect(await endLease(bench, lease.leaseId)).toMatchObject({ closed: true });
    expect(await uploadRows(bench)).toMatchObject([
      { upload_status: 'deleted', deletion_reason: 'lease_ended' },
    ]);
    expect((await bench.control.state()).files).toEqual([]);
    expect(await uploadBy(bench, { userId: 'ann' })).toMatchObject({ deduplicated: false });
  });

  it('stays where the same user uploaded it without a session, before or after', async () => {
    for (const order of [
      [{}, inSession],
      [inSession, {}],
    ]) {
      const { bench, lease } = await withSession();
      const made = [];
      for (const wish of order)
        made.push(await uploadBy(bench, { userId: 'ann', provider: 'openai', ...wish }));
      expect(new Set(made.map(({ fileId }) => fileId)).size).toBe(1);
      expect(await uploadRows(bench)).toMatchObject([{ plain: true, session_id: 's' }]);
      await endLease(bench, lease.leaseId);
      expect(await uploadRows(bench)).toMatchObject([{ upload_status: 'completed' }]);
      expect(await fileRows(bench)).toMatchObject([{ marked: false }]);
    }
  });

  it('stays where another user, or another session, has it', async () => {
    const { bench, lease } = await withSession();
    await bench.leasing.leases.acquire(acquireOf('other'));
    await uploadBy(bench, inSession);
    await uploadBy(bench, { userId: 'bob', sessionId: 'other' });
    await endLease(bench, lease.leaseId);
    expect(await fileRows(bench)).toMatchObject([{ marked: false }]);
  });

  it('that is there already is attached and tracked as well; once more changes nothing', async () => {
    const { bench, lease } = await withSession();
    const { fileId } = await uploadBy(bench, { userId: 'bob', provider: 'openai' });
    for (let times = 0; times < 2; times += 1) {
      expect(await uploadBy(bench, inSession)).toMatchObject({
        fileId,
        deduplicated: true,
        lease: { leaseId: lease.leaseId },
      });
    }
    expect(await filesOf(bench, lease.vectorStoreId)).toEqual([fileId]);
    expect(await uploadRows(bench)).toMatchObject([
      { user_id: 'bob', plain: true },
      { user_id: 'ann', plain: false, session_id: 's', dedupe_hits: '2' },
    ]);
  });
});

describe('whose store it is', () => {
  it('decides the provider, whichever is preferred', async () => {
    const { bench } = await withSession({ providers: ['glm', 'kimi', 'openai'] });
    expect(await uploadBy(bench, inSession)).toMatchObject({ provider: 'openai' });
  });

  it.each(['kimi', 'glm'])('is never that of %s, which has none', async (provider) => {
    const { bench } = await withSession();
    expect(await codeOf(uploadBy(bench, { ...inSession, provider }))).toBe('PROVIDER_HAS_NO_STORES');
    expect(told(bench, 'refused')).toEqual([['PROVIDER_HAS_NO_STORES']]);
    expect(await uploadRows(bench)).toEqual([]);
  });

  it('goes by the lease that the caller names', async () => {
    const { bench, lease } = await withSession();
    expect(await codeOf(uploadBy(bench, { ...inSession, leaseId: lease.leaseId }))).toBe('OK');
    const other = '00000000-0000-4000-8000-000000000000';
    expect(await codeOf(uploadBy(bench, { ...inSession, leaseId: other }))).toBe('LEASE_REPLACED');
  });

  it('is not known before the store is made', async () => {
    const bench = await openFileBench({ leaseSettings: { createDeadlineMs: 5_000 } });
    await bench.control.setFault({
      match: { operation: 'create_store' },
      fault: { kind: 'hold', name: 'store' },
    });
    const acquiring = bench.leasing.leases.acquire(acquireOf('s'));
    await bench.control.waitForHeld('store');
    expect(await codeOf(uploadBy(bench, inSession))).toBe('LEASE_SETTLING');
    await bench.control.release('store');
    await acquiring;
    expect(await sentTo(bench)).toEqual([]);
  });

  it('has no other to go to where it is away', async () => {
    const { bench } = await withSession();
    await failAt(bench, 'openai', { fault: { kind: 'status', status: 503 } });
    expect(await codeOf(uploadBy(bench, inSession))).toBe('ALL_PROVIDERS_UNAVAILABLE');
    expect(await sentTo(bench, 'kimi')).toEqual([]);
  });
});

describe('a lease that ends while its file is sent', () => {
  async function endMeanwhile(then: (bench: FileBench) => Promise<unknown>) {
    const { bench } = await withSession();
    await failAt(bench, 'openai', { times: 1, fault: { kind: 'hold', name: 'sent' }, phase: 'after' });
    const asking = codeOf(uploadBy(bench, inSession));
    await bench.control.waitForHeld('sent');
    await bench.leasing.leases.release({ ...ask('s'), force: false });
    await then(bench);
    await bench.control.release('sent');
    return { bench, code: await asking };
  }

  it.each([
    ['SESSION_NOT_FOUND', () => Promise.resolve()],
    ['LEASE_REPLACED', (bench: FileBench) => bench.leasing.leases.acquire(acquireOf('s'))],
  ])('lets it go at once: %s', async (code, then) => {
    const { bench, code: answered } = await endMeanwhile(then);
    expect(answered).toBe(code);
    // It was no fault of the request.
    expect(told(bench, 'refused')).toEqual([]);
    expect(told(bench, 'uploaded')).toEqual([['openai', 'failed', 7]]);
    const { files } = await bench.control.state();
    expect(files).toHaveLength(1);
    expect(await uploadRows(bench)).toMatchObject([
      {
        upload_status: 'deleted',
        deletion_reason: 'lease_ended',
        provider_file_id: files[0]?.id,
        claims: false,
        uncertain: false,
      },
    ]);
    expect(await fileRows(bench)).toEqual([
      { provider_file_id: files[0]?.id, uploaded: true, marked: true, due: true },
    ]);
    expect(bench.told.due).toBe(1);
  });

  it('leaves those who waited for the same content without it, and they try themselves', async () => {
    const { bench } = await withSession();
    const other = await bench.another();
    await failAt(bench, 'openai', { times: 1, fault: { kind: 'hold', name: 'sent' }, phase: 'after' });
    const asking = codeOf(uploadBy(bench, inSession));
    await bench.control.waitForHeld('sent');
    const waiting = uploadBy(other, { userId: 'bob', provider: 'openai' });
    await bench.leasing.leases.release({ ...ask('s'), force: false });
    await bench.control.release('sent');
    expect(await asking).toBe('SESSION_NOT_FOUND');
    expect(await waiting).toMatchObject({ deduplicated: false });
    expect(await fileRows(bench)).toMatchObject([{ marked: true }, { marked: false }]);
  });
});

describe('attaching', () => {
  it('is tried again while the provider does not know the file yet', async () => {
    const { bench, lease } = await withSession();
    await failAt(bench, 'openai', { times: 1, fault: { kind: 'appear_late', after_calls: 1 } });
    const { fileId } = await uploadBy(bench, inSession);
    expect(await filesOf(bench, lease.vectorStoreId)).toEqual([fileId]);
  });

  it('that the store is too full for is told; the file stays tracked, and goes with the lease', async () => {
    const { bench, lease } = await withSession();
    await bench.control.config({ files_per_store: 1 });
    await uploadBy(bench, { ...inSession, content: 'first' });
    expect(await codeOf(uploadBy(bench, inSession))).toBe('STORE_FULL');
    expect((await bench.leasing.leases.get('s')).files).toHaveLength(2);
    expect(told(bench, 'uploaded').at(-1)).toEqual(['openai', 'success', 7]);
    await endLease(bench, lease.leaseId);
    expect(await fileRows(bench)).toMatchObject([{ marked: true }, { marked: true }]);
  });

  it.each([
    ['has expired', (bench: FileBench, storeId: string) => bench.control.expire(storeId)],
    ['is gone', (bench: FileBench, storeId: string) => bench.control.vanish(storeId)],
    [
      'is locked for the moment',
      (bench: FileBench) =>
        bench.control.setFault({
          match: { operation: 'attach_file' },
          fault: { kind: 'status', status: 409 },
        }),
    ],
    [
      'is being deleted, as the refusal says',
      (bench: FileBench, storeId: string) =>
        bench.control.setFault({
          match: { operation: 'attach_file' },
          fault: {
            kind: 'status',
            status: 400,
            body: { error: { message: `Vector store ${storeId} is being deleted.` } },
          },
        }),
    ],
  ])('to a store that %s is told: it is not ready', async (_what, spoil) => {
    const { bench, lease } = await withSession();
    await spoil(bench, lease.vectorStoreId);
    expect(await codeOf(uploadBy(bench, inSession))).toBe('STORE_NOT_READY');
    expect((await bench.leasing.leases.get('s')).files).toHaveLength(1);
  });

  it.each([
    ['refused', { kind: 'status', status: 400 }, 'PROVIDER_REFUSED'],
    ['unauthorised', { kind: 'status', status: 401 }, 'PROVIDER_REFUSED'],
    ['throttled', { kind: 'status', status: 429 }, 'PROVIDER_THROTTLED'],
    ['cut off', { kind: 'drop_after' }, 'PROVIDER_UNAVAILABLE'],
  ] as const)(
    'that is %s is told; the same call once more is a hit that attaches',
    async (_what, fault, code) => {
      const { bench, lease } = await withSession();
      await bench.control.setFault({ match: { operation: 'attach_file' }, fault });
      expect(await codeOf(uploadBy(bench, inSession))).toBe(code);
      const made = await uploadBy(bench, inSession);
      expect(made.deduplicated).toBe(true);
      expect(await filesOf(bench, lease.vectorStoreId)).toEqual([made.fileId]);
    },
  );
});
