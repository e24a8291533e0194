import { describe, expect, test } from 'vitest';
import { createStartQueue } from '../../../workflows/start-queue.ts';

/** A queue whose starts end when the test says so. */
function held(options: { maxWaiting: number; concurrency: number }) {
  const calls: { id: string; end: (error?: Error) => void }[] = [];
  const failures: string[] = [];
  const queue = createStartQueue({
    ...options,
    start: (id) =>
      new Promise((resolve, reject) => {
        calls.push({ id, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    onFailure: (id) => failures.push(id),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { queue, calls, failures, settled, ids: () => calls.map(({ id }) => id) };
}

describe('the start queue', () => {
  test('starts at most `concurrency` at once, in order', async () => {
    const { queue, calls, ids, settled } = held({ maxWaiting: 10, concurrency: 2 });
    for (const id of ['a', 'b', 'c']) queue.push(id);
    expect(ids()).toEqual(['a', 'b']);
    calls[0]?.end();
    await settled();
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(queue.counts).toEqual({ started: 1, dropped: 0, failed: 0 });
  });

  test('an id that waits absorbs another push of it, one under way does not', async () => {
    const { queue, calls, ids, settled } = held({ maxWaiting: 10, concurrency: 1 });
    for (const id of ['a', 'b', 'b', 'a']) queue.push(id);
    for (const at of [0, 1, 2]) {
      calls[at]?.end();
      await settled();
    }
    expect(ids()).toEqual(['a', 'b', 'a']);
  });

  test('drops what finds no room and says how much there is', () => {
    const { queue } = held({ maxWaiting: 2, concurrency: 1 });
    expect(queue.room()).toBe(2);
    for (const id of ['a', 'b', 'c', 'd', 'b']) queue.push(id);
    expect(queue.room()).toBe(0);
    expect(queue.size()).toBe(3);
    expect(queue.counts.dropped).toBe(1);
  });

  test('a failure is told and costs no further attempt', async () => {
    const { queue, calls, failures, ids, settled } = held({ maxWaiting: 2, concurrency: 1 });
    queue.push('a');
    calls[0]?.end(new Error('away'));
    await settled();
    expect(failures).toEqual(['a']);
    expect(ids()).toEqual(['a']);
    expect(queue.counts.failed).toBe(1);
  });

  test('stopping forgets who waits and outwaits who is under way', async () => {
    const { queue, calls, ids } = held({ maxWaiting: 5, concurrency: 1 });
    for (const id of ['a', 'b']) queue.push(id);
    const stopped = queue.stop();
    queue.push('c');
    calls[0]?.end();
    await stopped;
    expect(ids()).toEqual(['a']);
    expect(queue.room()).toBe(0);
    expect(queue.counts).toEqual({ started: 1, dropped: 2, failed: 0 });
  });
});
