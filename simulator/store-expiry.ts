import { nowSeconds } from './operation.ts';
import type { StoreRecord } from './records.ts';

const DAY_SECONDS = 86_400;

/** When the store expires, in epoch seconds; null = never. */
export function expiresAt(store: StoreRecord): number | null {
  return store.expires_after === null ? null : store.last_active_at + store.expires_after.days * DAY_SECONDS;
}

export function isExpired(store: StoreRecord): boolean {
  const at = expiresAt(store);
  return store.forced_expired || (at !== null && at <= nowSeconds());
}
