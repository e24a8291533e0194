import type { DatabaseSync } from 'node:sqlite';
import { KEY_IN, type ThreadKey } from './key.ts';
import { CHECKPOINT_MS } from './age.ts';
import { changes, statement } from './statements.ts';

/**
 * None of the thread's checkpoints is undated or younger than the cut. A run saves its writes in the background, where
 * they may come before their checkpoint: such a write, told by the id of its checkpoint, keeps the thread as well.
 */
export const PAST = `
  NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.thread_id = ${KEY_IN} AND coalesce(${CHECKPOINT_MS} > ?, 1))
  AND NOT EXISTS (SELECT 1 FROM writes w WHERE w.thread_id = ${KEY_IN} AND uuid_ms(w.checkpoint_id) > ?)`;

const IS_PAST = `SELECT ${PAST} AS past`;
const COUNT = `SELECT count(*) AS checkpoints FROM checkpoints WHERE thread_id = ${KEY_IN}`;
const REMOVE = `DELETE FROM checkpoints WHERE thread_id = ${KEY_IN} AND ${PAST}`;
const REMOVE_WRITES = `DELETE FROM writes WHERE thread_id = ${KEY_IN}`;

/** What became of one thread. */
export type ThreadFate =
  | { readonly kind: 'removed'; readonly checkpoints: number }
  | { readonly kind: 'pruned'; readonly checkpoints: number }
  | { readonly kind: 'awake' }
  | { readonly kind: 'rebuilt' };

/** Whether the thread is past retention, just now. */
export function isPast(database: DatabaseSync, key: ThreadKey, cutMs: number): boolean {
  return statement(database, IS_PAST).get(key, cutMs, key, cutMs)?.['past'] === 1;
}

/** What {@link removeThread} would do now. */
export function countRemovable(database: DatabaseSync, key: ThreadKey, cutMs: number): ThreadFate {
  if (!isPast(database, key, cutMs)) return { kind: 'awake' };
  return { kind: 'removed', checkpoints: Number(statement(database, COUNT).get(key)?.['checkpoints']) };
}

/** Within a write transaction, in which nobody else writes: removes the thread whole, if it is past retention. */
export function removeThread(database: DatabaseSync, key: ThreadKey, cutMs: number): ThreadFate {
  const checkpoints = changes(database, REMOVE, [key, key, cutMs, key, cutMs]);
  if (checkpoints === 0) return { kind: 'awake' };
  changes(database, REMOVE_WRITES, [key]);
  return { kind: 'removed', checkpoints };
}
