import { expect, it } from 'vitest';
import { longestPeriodSeconds, shortestPeriodSeconds } from '../../../config/index.ts';

const DAY = 86_400;

it.each([
  ['0 3 * * *', DAY, DAY],
  ['*/15 * * * *', 900, 900],
  ['0 3,5 * * *', 7_200, DAY - 7_200],
  // Over the weekend.
  ['0 3 * * 1-5', DAY, 3 * DAY],
  ['0 3 * * 0', 7 * DAY, 7 * DAY],
  // Over the night, after many runs of a day.
  ['*/10 8-17 * * *', 600, 14 * 3_600 + 600],
  ['* 8-17 * * 1-5', 60, 62 * 3_600 + 60],
])('%s: at least %i s between two runs, at most %i s', (cron, shortest, longest) => {
  expect(shortestPeriodSeconds(cron, 'UTC')).toBe(shortest);
  expect(longestPeriodSeconds(cron, 'UTC')).toBe(longest);
});

it('knows months and leap years', () => {
  const monthly = longestPeriodSeconds('0 3 1 * *', 'UTC');
  expect(monthly).toBe(31 * DAY);
  expect(longestPeriodSeconds('0 3 29 2 *', 'UTC')).toBeGreaterThanOrEqual(365 * DAY);
  expect(shortestPeriodSeconds('0 3 29 2 *', 'UTC')).toBe(365 * DAY);
});

it('reads days as Temporal does: a day has to fit both fields', () => {
  expect(shortestPeriodSeconds('0 3 1 * 1', 'UTC')).toBeGreaterThanOrEqual(28 * DAY);
});
