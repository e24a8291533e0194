import { Cron } from 'croner';

/** Two months show every gap there is in a pattern of days of months, and weekends and nights before that. */
const SPAN_MS = 63 * 86_400_000;
const FEWEST_RUNS = 8;
/** A week of minutes. */
const MOST_RUNS = 10_000;
const YEAR_SECONDS = 365 * 86_400;

/** The pattern as Temporal reads it: a day has to fit both fields of days. Throws where it is none. */
export function parseCron(cron: string, timeZone?: string): Cron {
  const zone = timeZone === undefined ? {} : { timezone: timeZone };
  // Paused: it only reads the pattern.
  return new Cron(cron, { mode: '5-part', domAndDow: true, paused: true, ...zone });
}

interface Gaps {
  readonly shortest: number;
  readonly longest: number;
}

/** Seconds between the next runs; undefined where there is one at most. */
function gaps(cron: string, timeZone: string): Gaps | undefined {
  const pattern = parseCron(cron, timeZone);
  const first = pattern.nextRun();
  let [shortest, longest] = [Infinity, 0];
  let before = first;
  for (let runs = 1; first !== null && before !== null && runs < MOST_RUNS; runs += 1) {
    const run = pattern.nextRun(before);
    if (run === null) break;
    const gap = Math.round((run.getTime() - before.getTime()) / 1_000);
    [shortest, longest] = [Math.min(shortest, gap), Math.max(longest, gap)];
    before = run;
    if (runs >= FEWEST_RUNS && run.getTime() - first.getTime() > SPAN_MS) break;
  }
  return longest === 0 ? undefined : { shortest, longest };
}

/** The shortest time between two of the next runs, in seconds; a year at most, and where there is one run at most. */
export function shortestPeriodSeconds(cron: string, timeZone: string): number {
  return Math.min(YEAR_SECONDS, gaps(cron, timeZone)?.shortest ?? YEAR_SECONDS);
}

/** The longest time between two of the next runs, in seconds; a year where there is one run at most. */
export function longestPeriodSeconds(cron: string, timeZone: string): number {
  return gaps(cron, timeZone)?.longest ?? YEAR_SECONDS;
}
