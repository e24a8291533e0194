const DAY_MS = 86_400_000;
/** A hundred years: beyond it a cut would lie before the first computer. */
export const MAX_RETENTION_DAYS = 36_500;

/** Whether a number may be a retention in days: whole and at least 1. Zero would be everything, never the default. */
export function isRetentionDays(days: number): boolean {
  return Number.isSafeInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS;
}

/** Epoch milliseconds of the cut: what is from then or older is past retention. */
export function retentionCutMs(days: number, nowMs: number): number {
  return nowMs - days * DAY_MS;
}
