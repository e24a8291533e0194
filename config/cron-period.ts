import { Cron } from 'croner';

/** A day and an hour on, a week of days: what is irregular about a pattern shows within so many runs. */
const RUNS = 8;

/** The shortest time between two of the next runs, in seconds; a year where there is one run at most. */
export function shortestPeriodSeconds(cron: string, timeZone: string): number {
  const runs = new Cron(cron, { mode: '5-part', paused: true, timezone: timeZone }).nextRuns(RUNS);
  const gaps = runs.slice(1).map((run, index) => run.getTime() - (runs[index]?.getTime() ?? 0));
  return Math.min(365 * 86_400, ...gaps.map((gap) => Math.round(gap / 1_000)));
}
