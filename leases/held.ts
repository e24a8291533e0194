import { secondsLeft, slackMs } from '../domain/deadlines.ts';
import type { LeaseSettings } from './settings.ts';

/** The two durations of every renewing statement, in milliseconds. */
export function leaseTimes(settings: LeaseSettings): { readonly leaseMs: number; readonly slackMs: number } {
  return { leaseMs: settings.leaseSeconds * 1000, slackMs: slackMs(settings.leaseSeconds) };
}

/** What a caller is told of a lease it holds. */
export function toHeld(
  row: { readonly leaseId: string; readonly leftMs: number | null },
  settings: LeaseSettings,
): { readonly leaseId: string; readonly secondsLeft: number | null } {
  return { leaseId: row.leaseId, secondsLeft: secondsLeft(row.leftMs, settings.leaseSeconds) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** No lease has it, so that a malformed fence matches nothing instead of failing in the database. */
const NO_LEASE = '00000000-0000-0000-0000-000000000000';

/** The fence of a statement from what a caller sent as `X-Lease-Id`. */
export function fenceOf(leaseId: string | null): string | null {
  if (leaseId === null) return null;
  return UUID.test(leaseId) ? leaseId : NO_LEASE;
}
