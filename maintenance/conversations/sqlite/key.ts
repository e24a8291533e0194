import type { SQLOutputValue } from 'node:sqlite';

/**
 * Thread ids go in and out as bytes: SQLite does not see to it that a text is Unicode, and an id that comes back
 * changed would be looked for, and paged from, in vain.
 */
export const KEY_OUT = 'CAST(thread_id AS BLOB)';
/** A parameter that holds such bytes. */
export const KEY_IN = 'CAST(? AS TEXT)';

export type ThreadKey = Uint8Array;

export function asKey(value: SQLOutputValue | undefined): ThreadKey {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('a thread id is no text');
}

export function keyText(key: ThreadKey): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString();
}
