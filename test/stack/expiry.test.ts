/** The end of a lease that nobody renews, seen from the provider's journal. */
import { beforeAll, expect, it } from 'vitest';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, leasesOf, post, show, track, upload } from './session-calls.ts';

const LEASE_SECONDS = 3;
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    LEASE_SECONDS,
    CONFIRM_GONE_SECONDS: 1,
    YOUNG_OBJECT_SECONDS: 2,
    OUTBOX_POLL_SECONDS: 1,
  });
});

const deletions = async () =>
  (await stack.simulator.control.journal()).filter((entry) => entry.effect === 'deleted');
const deletionOf = async (target: string) =>
  (await deletions()).find((entry) => entry.target === target)?.effect_at_ms;
const closed = (id: string) =>
  until(async () => (await show(stack, id)).state === 'closed', {
    describe: `${id} closed`,
    deadlineMs: 30_000,
  });

it.concurrent(
  'after the deadline the files are deleted, then the store; renew is 404, acquire has a new store',
  async () => {
    const files = await Promise.all([upload(stack), upload(stack), upload(stack)]);
    const { vector_store_id: store } = await acquire(stack, 'life');
    await track(stack, 'life', files);
    const { expires_at: deadline } = await show(stack, 'life');
    await closed('life');

    const mine = (await deletions()).filter((entry) => [...files, store].includes(entry.target ?? ''));
    const inOrder = mine.toSorted((one, other) => (one.effect_seq ?? 0) - (other.effect_seq ?? 0));
    expect(
      inOrder
        .map((entry) => entry.target)
        .slice(0, 3)
        .toSorted(),
    ).toEqual(files.toSorted());
    expect(inOrder.map((entry) => entry.target).slice(3)).toEqual([store]);
    for (const entry of mine) expect(entry.at_ms).toBeGreaterThanOrEqual(Date.parse(deadline ?? ''));
    expect(await show(stack, 'life')).toMatchObject({ end_reason: 'expired', files, deleted_files: files });

    expect((await post(stack, 'life', 'renew')).status).toBe(404);
    const next = await acquire(stack, 'life');
    expect(next).toMatchObject({ reused: false, files: [], file_paths: [] });
    expect(next.vector_store_id).not.toBe(store);
    const { stores, files: left } = await stack.simulator.control.state();
    expect(stores.map((one) => one.id)).not.toContain(store);
    expect(left.filter((file) => files.includes(file.id))).toEqual([]);
  },
);

it.concurrent.each(['renew', 'acquire', 'files'])(
  '%s before the deadline: everything stays',
  async (verb) => {
    const id = `kept-${verb}`;
    const file = await upload(stack);
    const { vector_store_id: store, leaseId } = await acquire(stack, id);
    await track(stack, id, [file]);
    const firstDeadline = Date.parse((await show(stack, id)).expires_at ?? '');
    while (Date.now() < firstDeadline + 1_000) {
      const request = verb === 'files' ? { body: '["another"]' } : {};
      const answer = await post(stack, id, verb, request);
      expect([answer.status, answer.headers.get('x-lease-id')]).toEqual([200, leaseId]);
      const asked = Date.now();
      await until(() => Date.now() > asked + 500, { describe: 'half a second' });
    }
    const lastDeadline = Date.parse((await show(stack, id)).expires_at ?? '');
    expect(await deletionOf(store)).toBeUndefined();
    await closed(id);
    expect(await deletionOf(store)).toBeGreaterThanOrEqual(lastDeadline);
    expect(await deletionOf(file)).toBeGreaterThanOrEqual(lastDeadline);
  },
);

it.concurrent('a file that two leases track goes with the last of them', async () => {
  const [shared, own] = await Promise.all([upload(stack), upload(stack)]);
  const [one, other] = await Promise.all([acquire(stack, 'one'), acquire(stack, 'other')]);
  await track(stack, 'one', [shared, own]);
  await track(stack, 'other', [shared]);
  await post(stack, 'other', 'protect');
  await closed('one');
  expect(await deletionOf(own)).toBeDefined();
  expect(await deletionOf(one.vector_store_id)).toBeDefined();
  expect(await deletionOf(shared)).toBeUndefined();
  expect((await show(stack, 'one')).deleted_files).toEqual([own]);
  await post(stack, 'other', 'unprotect');
  await closed('other');
  expect(await deletionOf(shared)).toBeLessThanOrEqual((await deletionOf(other.vector_store_id)) ?? 0);
  expect((await deletions()).filter((entry) => entry.target === shared)).toHaveLength(1);
});

it.concurrent('a protected lease outlives any deadline', async () => {
  const { vector_store_id: store } = await acquire(stack, 'guarded', { protected: true });
  const [row] = await leasesOf(stack, 'guarded');
  const made = Number(row?.renewed_at);
  await until(() => Date.now() > made + (LEASE_SECONDS + 2) * 1_000, { describe: 'longer than a lease' });
  expect(await show(stack, 'guarded')).toMatchObject({ state: 'active', expires_at: null });
  expect(await deletionOf(store)).toBeUndefined();
});
