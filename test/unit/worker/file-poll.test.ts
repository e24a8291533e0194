import { expect, it } from 'vitest';
import { createFilePoll } from '../../../worker/file-poll.ts';

it.each([
  [0, 1],
  [1, 0],
  [60_000, 0],
  [null, 0],
])('has the upkeep told only of what is due now: in %s ms → told %i times', async (dueMs, count) => {
  let told = 0;
  const notifier = { due: () => void (told += 1) };
  await createFilePoll({ dueMs: () => Promise.resolve(dueMs), notifier })();
  expect(told).toBe(count);
});
