import { expect, test } from 'vitest';
import { createOutbox } from '../../../worker/outbox.ts';

function stage(due: number, room: number) {
  const limits: number[] = [];
  const told: string[] = [];
  const counts = { started: 0, dropped: 0, failed: 0 };
  let left = due;
  const turn = createOutbox({
    dueForWake: (limit) => {
      limits.push(limit);
      const taken = Math.min(limit, left);
      left -= taken;
      return Promise.resolve(Array.from({ length: taken }, (_, index) => `s${index}`));
    },
    notifier: { changed: (id) => told.push(id), room: () => room - told.length, counts },
  });
  return { turn, limits, told, counts };
}

test('takes batch after batch until nothing is due', async () => {
  const { turn, limits, told } = stage(700, 2_000);
  await turn();
  expect(limits).toEqual([500, 500]);
  expect(told).toHaveLength(700);
});

test('takes no more than the notifier has room for', async () => {
  const { turn, limits, told } = stage(700, 30);
  await turn();
  await turn();
  expect(limits).toEqual([30]);
  expect(told).toHaveLength(30);
});

test('takes one at a time while nothing gets through, all again when something did', async () => {
  const { turn, limits, counts } = stage(5_000, 10_000);
  counts.failed = 3;
  await turn();
  expect(limits).toEqual([1]);
  counts.failed = 4;
  await turn();
  expect(limits).toEqual([1, 1]);
  counts.started = 1;
  await turn();
  expect(limits[2]).toBe(500);
});
