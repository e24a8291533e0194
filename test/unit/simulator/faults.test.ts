import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../simulator/contract.ts';
import { collect, textFile, useSimulator } from './simulator-fixture.ts';

describe('faults set per call', () => {
  const fixture = useSimulator();
  const create = (lease: string) => fixture.sdk().vectorStores.create({ metadata: { lease_id: lease } });
  const storesOf = async (lease: string) =>
    (await fixture.control.state()).stores.filter(({ metadata }) => metadata['lease_id'] === lease);
  const lastEntry = async () => (await fixture.control.journal()).at(-1);

  it('answers with a status, headers and body of choice, without effect', async () => {
    const body = { error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } };
    await fixture.control.setFault({ fault: { kind: 'status', status: 429, retry_after: 7, body } });
    const error = await create('f1').then(
      () => undefined,
      (thrown: unknown) => thrown as { status: number; headers: Headers; code: string },
    );
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect(error?.headers.get('retry-after')).toBe('7');
    expect(await storesOf('f1')).toEqual([]);
    expect(await lastEntry()).toMatchObject({
      status: 429,
      effect: 'none',
      effect_seq: null,
      fault: 'status',
    });
  });

  it('answers with a status after the effect where the phase says so', async () => {
    await fixture.control.setFault({ fault: { kind: 'status', status: 500 }, phase: 'after' });
    await expect(create('f2')).rejects.toMatchObject({ status: 500 });
    expect(await storesOf('f2')).toHaveLength(1);
    expect(await lastEntry()).toMatchObject({ status: 500, effect: 'created', lease: 'f2' });
  });

  it.each([
    ['drop_before', 0, 'dropped'],
    ['drop_after', 1, 'dropped'],
    ['invalid_json', 1, 200],
    ['cut_body', 1, 200],
  ] as const)('%s fails the call and leaves %i stores', async (kind, stores, status) => {
    await fixture.control.setFault({ fault: { kind } });
    await expect(create(kind)).rejects.toThrow();
    expect(await storesOf(kind)).toHaveLength(stores);
    expect(await lastEntry()).toMatchObject({ status, fault: kind });
  });

  it.each([
    ['hang', 'before', 0],
    ['hang', 'after', 1],
    ['stall_body', 'after', 1],
  ] as const)('%s (%s) never ends by itself; it leaves %i stores', async (kind, phase, stores) => {
    const lease = `${kind}-${phase}`;
    await fixture.control.setFault({ fault: { kind }, phase });
    const call = fixture.sdk().vectorStores.create({ metadata: { lease_id: lease } }, { timeout: 200 });
    await expect(call).rejects.toThrow('timed out');
    const ended = await fixture.control.waitForJournal((one) => one.lease === lease && one.status !== 'open');
    expect(ended[0]?.status).toBe(kind === 'hang' ? 'client_gone' : 200);
    expect(await storesOf(lease)).toHaveLength(stores);
  });

  it.each(['before', 'after'] as const)('holds a call %s its effect until released', async (phase) => {
    const lease = `held-${phase}`;
    await fixture.control.setFault({ match: { lease }, fault: { kind: 'hold', name: lease }, phase });
    const call = create(lease);
    const held = await fixture.control.waitForHeld(lease);
    expect(held).toMatchObject([{ operation: 'create_store', lease, phase }]);
    expect(await storesOf(lease)).toHaveLength(phase === 'before' ? 0 : 1);
    expect(await fixture.control.release(lease)).toBe(1);
    expect((await call).metadata).toEqual({ lease_id: lease });
    expect(await fixture.control.held()).toEqual([]);
  });

  it('lets a held call take effect although its client has gone', async () => {
    await fixture.control.setFault({ fault: { kind: 'hold', name: 'late' } });
    const call = fixture.sdk().vectorStores.create({ metadata: { lease_id: 'late' } }, { timeout: 1_000 });
    const failed = expect(call).rejects.toThrow();
    await fixture.control.waitForHeld('late');
    await failed;
    expect(await storesOf('late')).toEqual([]);
    await fixture.control.release('late');
    await fixture.control.waitForJournal((one) => one.lease === 'late' && one.status === 'client_gone');
    expect(await storesOf('late')).toHaveLength(1);
  });

  it('cuts a held call where the release says so', async () => {
    await fixture.control.setFault({ fault: { kind: 'hold', name: 'cut' }, phase: 'after' });
    const call = create('cut');
    const failed = expect(call).rejects.toThrow('Connection error');
    await fixture.control.waitForHeld('cut');
    await fixture.control.release('cut', 'drop');
    await failed;
    expect(await lastEntry()).toMatchObject({ status: 'dropped', effect: 'created' });
  });

  it('shows an empty list although there are stores', async () => {
    await create('listed');
    await fixture.control.setFault({ match: { operation: 'list_stores' }, fault: { kind: 'empty_list' } });
    const { vectorStores } = fixture.sdk();
    expect((await vectorStores.list()).data).toEqual([]);
    expect((await vectorStores.list()).data).not.toEqual([]);
  });

  it('repeats the first page whatever the cursor', async () => {
    const { vectorStores } = fixture.sdk('sk-repeat');
    const { id } = await vectorStores.create({});
    const match = { operation: 'list_stores' } as const;
    await fixture.control.setFault({ match, times: 0, fault: { kind: 'repeat_cursor' } });
    const first = await vectorStores.list();
    expect(first.has_more).toBe(true);
    expect((await first.getNextPage()).data.map((store) => store.id)).toEqual([id]);
  });

  it('answers a deletion that does nothing', async () => {
    const { files, vectorStores } = fixture.sdk();
    const { id } = await vectorStores.create({});
    const file = await files.create({ file: textFile('x'), purpose: 'assistants' });
    await fixture.control.setFault({ fault: { kind: 'delete_noop' } });
    expect((await vectorStores.delete(id)).deleted).toBe(true);
    expect((await vectorStores.retrieve(id)).id).toBe(id);
    await fixture.control.setFault({ fault: { kind: 'delete_noop', deleted: false } });
    expect((await files.delete(file.id)).deleted).toBe(false);
    expect((await files.retrieve(file.id)).id).toBe(file.id);
  });

  it('lets a new store appear late, to listings and by id', async () => {
    const { vectorStores } = fixture.sdk('sk-late');
    await fixture.control.setFault({ fault: { kind: 'appear_late', after_calls: 2 } });
    const { id } = await vectorStores.create({});
    expect(await collect(vectorStores.list())).toEqual([]);
    await expect(vectorStores.delete(id)).rejects.toMatchObject({ status: 404 });
    expect((await vectorStores.retrieve(id)).id).toBe(id);
    expect(await collect(vectorStores.list())).toHaveLength(1);
  });

  it('lets an attachment appear late, in the listing of its store alone', async () => {
    const { vectorStores, files } = fixture.sdk('sk-attached-late');
    const { id } = await vectorStores.create({});
    const file = await files.create({ file: textFile('x'), purpose: 'assistants' });
    const match = { operation: 'attach_file' } as const;
    await fixture.control.setFault({ match, fault: { kind: 'appear_late', after_calls: 1 } });
    await vectorStores.files.create(id, { file_id: file.id });
    expect(await collect(vectorStores.files.list(id))).toEqual([]);
    expect((await files.retrieve(file.id)).id).toBe(file.id);
    expect(await collect(vectorStores.files.list(id))).toHaveLength(1);
  });

  it('makes a file or a store older', async () => {
    const { vectorStores, files } = fixture.sdk('sk-older');
    const store = await vectorStores.create({});
    const file = await files.create({ file: textFile('x'), purpose: 'assistants' });
    for (const { id } of [store, file]) await fixture.control.age(id, 100);
    expect((await vectorStores.retrieve(store.id)).created_at).toBe(store.created_at - 100);
    expect((await files.retrieve(file.id)).created_at).toBe(file.created_at - 100);
    await expect(fixture.control.age('file-unknown', 1)).rejects.toThrow('404');
  });

  it('delays a call, and every call by the common latency', async () => {
    const timed = async () => {
      const startedAt = performance.now();
      await create('slow');
      return performance.now() - startedAt;
    };
    await fixture.control.setFault({ fault: { kind: 'latency', ms: 150 } });
    expect(await timed()).toBeGreaterThanOrEqual(145);
    await fixture.control.config({ latency_ms: 150 });
    expect(await timed()).toBeGreaterThanOrEqual(145);
  });

  it('strikes as often as told, after letting so many through, and only where everything matches', async () => {
    const { files, vectorStores } = fixture.sdk();
    const { id } = await create('match-me');
    const fault: Fault = { kind: 'status', status: 503 };
    await fixture.control.setFault({
      match: { id, method: 'get', path: '/vector_stores/vs_' },
      skip: 1,
      times: 2,
      fault,
    });
    const status = (call: Promise<unknown>) =>
      call.then(
        () => 200,
        (error: unknown) => (error as { status: number }).status,
      );
    await create('other');
    await collect(files.list());
    const seen = [];
    for (let n = 0; n < 4; n += 1) seen.push(await status(vectorStores.retrieve(id)));
    expect(seen).toEqual([200, 503, 503, 200]);
    await fixture.control.setFault({ match: { lease: 'match-me' }, times: 0, fault });
    expect(await status(vectorStores.delete(id))).toBe(503);
    await fixture.control.clearFaults();
    expect(await status(vectorStores.delete(id))).toBe(200);
  });

  it.each([
    ['an unknown kind', { fault: { kind: 'explode' } }],
    ['an unknown operation', { match: { operation: 'creat_store' }, fault: { kind: 'hang' } }],
    ['an unknown condition', { match: { store: 'x' }, fault: { kind: 'hang' } }],
    ['an unknown field', { time: 3, fault: { kind: 'hang' } }],
  ])('refuses a rule with %s', async (_what, rule) => {
    await expect(fixture.control.setFault(rule as never)).rejects.toThrow('400');
  });

  it('says by when a held call was not seen', async () => {
    await expect(fixture.control.waitForHeld('never', { timeoutMs: 30 })).rejects.toThrow(
      'Not seen within 30 ms',
    );
  });
});
