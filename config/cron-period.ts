import { Cron } from 'croner';

/** A day and an hour on, a week of days: what is irregular about a pattern shows within so many runs. */
const RUNS = 8;
const YEAR_SECONDS = 365 * 86_400;

/** Seconds between the next runs. */
function gaps(cron: string, timeZone: string): readonly number[] {
  const runs = new Cron(cron, { mode: '5-part', paused: true, timezone: timeZone }).nextRuns(RUNS);
  return runs.slice(1).map((run, index) => {
    const before = runs[index]?.getTime() ?? 0;
    return Math.round((run.getTime() - before) / 1_000);
  });
}

/** The shortest time between two of the next runs, in seconds; a year where there is one run at most. */
export function shortestPeriodSeconds(cron: string, timeZone: string): number {
  return Math.min(YEAR_SECONDS, ...gaps(cron, timeZone));
}

/** The longest time between two of the next runs, in seconds; a year where there is one run at most. */
export function longestPeriodSeconds(cron: string, timeZone: string): number {
  const between = gaps(cron, timeZone);
  return between.length === 0 ? YEAR_SECONDS : Math.max(...between);
}
