import type { JournalEntry } from './contract.ts';

/** Most of these calls under way at one time. */
export function mostAtOnce(entries: readonly JournalEntry[]): number {
  const changes = entries.flatMap((entry) => [
    { at: entry.at_ms, by: 1 },
    { at: entry.answered_at_ms ?? Infinity, by: -1 },
  ]);
  // Of what happens in the same millisecond the ends come first: nobody can tell their order.
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return changes.reduce((most, { by }) => Math.max(most, (now += by)), 0);
}

/** Most of these calls that arrived within one second. */
export function mostInASecond(entries: readonly JournalEntry[]): number {
  const arrivals = entries.map((entry) => entry.at_ms).sort((a, b) => a - b);
  let first = 0;
  return arrivals.reduce((most, at, index) => {
    while ((arrivals[first] ?? at) <= at - 1_000) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

/**
 * Milliseconds by which the most hasty of these calls came before its turn, where the first may come at `startMs`
 * (epoch milliseconds) and `perSecond` follow it each second; negative where all were late. Unlike a count within a
 * window it tells the rate that was kept to from the pace of a machine that delivers several late calls together.
 */
export function mostAheadMs(
  entries: readonly JournalEntry[],
  turns: { readonly startMs: number; readonly perSecond: number },
): number {
  const arrivals = entries.map((entry) => entry.at_ms).sort((a, b) => a - b);
  const ahead = arrivals.map((at, place) => turns.startMs + (place * 1_000) / turns.perSecond - at);
  return Math.max(...ahead);
}
