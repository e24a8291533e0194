import { expect, it } from 'vitest';
import { BATCH_CHECKPOINTS, batchesOf, halvesOf } from '../../../maintenance/conversations/batches.ts';

const threadsOf = (...checkpoints: readonly number[]) =>
  checkpoints.map((count, index) => ({
    ...{ threadId: `${index}`, checkpoints: count, namespaces: 1, undated: 0, newestMs: 0 },
  }));
const cut = (...checkpoints: readonly number[]) =>
  batchesOf(threadsOf(...checkpoints)).map((batch) => batch.map((thread) => thread.checkpoints));

it('a batch has so many checkpoints at most, or one thread', () => {
  const [full, half] = [BATCH_CHECKPOINTS, BATCH_CHECKPOINTS / 2];
  expect(cut()).toEqual([]);
  expect(cut(1, 2, 3)).toEqual([[1, 2, 3]]);
  expect(cut(half, half, 1)).toEqual([[half, half], [1]]);
  expect(cut(1, full, full + 1, 9 * full, 1, 1)).toEqual([[1], [full], [full + 1], [9 * full], [1, 1]]);
  const [small, ...others] = cut(...Array.from({ length: full + 1 }, () => 1));
  expect([small?.length, others]).toEqual([full, [[1]]]);
});

it('the halves of a batch are all of it, in order', () => {
  for (const count of [2, 3, 8]) {
    const batch = threadsOf(...Array.from({ length: count }, () => 1));
    const halves = halvesOf(batch);
    expect(halves.map((half) => half.length)).toEqual([Math.ceil(count / 2), Math.floor(count / 2)]);
    expect(halves.flat()).toEqual(batch);
  }
});
