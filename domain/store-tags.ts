/** Metadata keys that tag a vector store as ours; the provider allows 16 pairs of 64 and 512 characters. */
export const TAG_INSTANCE = 'loiter_killer_instance';
export const TAG_LEASE = 'lease_id';
export const TAG_SESSION = 'session_id';
/** OpenAI's limit for one metadata value, in characters (openai-openapi 2.3.0). */
const MAX_VALUE_CHARACTERS = 512;
/** Longest expiry OpenAI accepts, in days (openai-openapi 2.3.0). */
const MAX_EXPIRY_DAYS = 365;
const DAY_SECONDS = 86_400;

export type StoreMetadata = Record<string, string>;

/** Cuts by Unicode code points, so that no surrogate pair is torn. */
function cut(text: string, characters: number): string {
  return [...text].slice(0, characters).join('');
}

/** The name of a session's vector store. */
export function storeName(sessionId: string): string {
  return `session_${cut(sessionId, 8)}`;
}

/** The metadata that lets a store be found by its lease. */
export function storeTags(instanceId: string, leaseId: string, sessionId: string): StoreMetadata {
  return {
    [TAG_INSTANCE]: instanceId,
    [TAG_LEASE]: leaseId,
    [TAG_SESSION]: cut(sessionId, MAX_VALUE_CHARACTERS),
  };
}

/** Days of inactivity after which the provider itself drops the store: a safety net below our own deletion. */
export function storeExpiryDays(configuredDays: number, leaseSeconds: number): number {
  const twiceTheLease = Math.ceil((2 * leaseSeconds) / DAY_SECONDS);
  return Math.min(MAX_EXPIRY_DAYS, Math.max(configuredDays, twiceTheLease));
}
