/** Upper bound of the slack that a writing renewal stores, so that the next one needs no write. */
const MAX_SLACK_MS = 60_000;
/** The slack's share of the lease. */
const SLACK_SHARE = 0.05;

/** Milliseconds stored beyond the promise by a renewal that writes: min(60 s, 5 % of the lease). */
export function slackMs(leaseSeconds: number): number {
  return Math.min(MAX_SLACK_MS, leaseSeconds * 1000 * SLACK_SHARE);
}

/**
 * What the caller is told is left, in whole seconds: never more than one lease although the stored deadline
 * may lie a slack beyond it, never negative, `null` for a lease without a deadline.
 */
export function secondsLeft(leftMs: number | null, leaseSeconds: number): number | null {
  if (leftMs === null) return null;
  return Math.max(0, Math.min(leaseSeconds, Math.floor(leftMs / 1000)));
}
