/** The time that one upload has. */
export interface TimeLeft {
  /** Since it began, in milliseconds. */
  spentMs(): number;
  /** Until its end, in milliseconds; never below 0. */
  leftMs(): number;
}

/** Begins to count, by the monotonic clock. */
export function startTime(limitMs: number): TimeLeft {
  const startedAt = performance.now();
  const spentMs = (): number => performance.now() - startedAt;
  return { spentMs, leftMs: () => Math.max(0, limitMs - spentMs()) };
}
