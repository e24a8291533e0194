import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { readBody } from '../body.ts';
import { KEY_IN, type ThreadKey } from './key.ts';
import { isPast, type ThreadFate } from './remove.ts';
import { changes, statement } from './statements.ts';

/** The channel of what a checkpoint has sent to its next step. */
const SENDS = '__pregel_tasks';
/** Before this format a checkpoint read its sends from its parent's writes, which therefore stays. */
const SENDS_INSIDE = 4;
/** Signs of a DeltaChannel in the metadata, in Python's spelling and in JavaScript's. */
const DELTA_KEYS = ['"counters_since_delta_snapshot"', '"delta_writes_versioned"'];

const DELTA = `SELECT 1 FROM checkpoints WHERE thread_id = ${KEY_IN}
  AND (instr(CAST(metadata AS TEXT), ?) > 0 OR instr(CAST(metadata AS TEXT), ?) > 0) LIMIT 1`;
/** The checkpoint that LangGraph loads, of each namespace. */
const HEADS = `
SELECT c.checkpoint_ns, c.checkpoint_id, c.parent_checkpoint_id, c.type, c.checkpoint FROM checkpoints c
WHERE c.thread_id = ${KEY_IN} AND c.checkpoint_id = (SELECT max(l.checkpoint_id) FROM checkpoints l
  WHERE l.thread_id = c.thread_id AND l.checkpoint_ns = c.checkpoint_ns)`;
const HAS_SENDS = `SELECT 1 FROM writes WHERE thread_id = ${KEY_IN} AND checkpoint_ns = ? AND checkpoint_id = ?
  AND channel = '${SENDS}' LIMIT 1`;

const UNKEPT = `thread_id = ${KEY_IN} AND checkpoint_ns = ? AND checkpoint_id NOT IN (?, ?)`;
const COUNT = `SELECT count(*) AS checkpoints FROM checkpoints WHERE ${UNKEPT}`;
const REMOVE = `DELETE FROM checkpoints WHERE ${UNKEPT}`;
const REMOVE_WRITES = `DELETE FROM writes WHERE ${UNKEPT}`;
/** What is kept loses the pointer to a parent that is not. */
const UNLINK = `UPDATE checkpoints SET parent_checkpoint_id = NULL
  WHERE thread_id = ${KEY_IN} AND checkpoint_ns = ? AND checkpoint_id IN (?, ?)
    AND parent_checkpoint_id NOT IN (?, ?)`;

interface Head {
  readonly namespace: SQLOutputValue;
  /** The head, and the parent that stays with it or the head again. */
  readonly kept: readonly [SQLOutputValue, SQLOutputValue];
  readonly snapshots: boolean;
}

function readHead(database: DatabaseSync, key: ThreadKey, row: Record<string, SQLOutputValue>): Head {
  const namespace = row['checkpoint_ns'] ?? '';
  const id = row['checkpoint_id'] ?? '';
  const parent = row['parent_checkpoint_id'] ?? null;
  const body = readBody(row['type'], row['checkpoint']);
  const sendsOutside = typeof body?.v === 'number' && body.v < SENDS_INSIDE && parent !== null;
  const withParent = sendsOutside && statement(database, HAS_SENDS).get(key, namespace, parent) !== undefined;
  return { namespace, kept: [id, withParent ? parent : id], snapshots: body?.snapshots === true };
}

/** What would be kept of the thread; or why it is left alone. */
function judge(database: DatabaseSync, key: ThreadKey, cutMs: number): readonly Head[] | 'awake' | 'rebuilt' {
  if (!isPast(database, key, cutMs)) return 'awake';
  if (statement(database, DELTA).get(key, ...DELTA_KEYS) !== undefined) return 'rebuilt';
  const heads: Head[] = [];
  for (const row of statement(database, HEADS).iterate(key)) heads.push(readHead(database, key, row));
  return heads.some((head) => head.snapshots) ? 'rebuilt' : heads;
}

/** Within a write transaction: leaves the latest checkpoint of each namespace, if the thread is past retention. */
export function pruneThread(database: DatabaseSync, key: ThreadKey, cutMs: number): ThreadFate {
  const heads = judge(database, key, cutMs);
  if (typeof heads === 'string') return { kind: heads };
  let checkpoints = 0;
  for (const { namespace, kept } of heads) {
    checkpoints += changes(database, REMOVE, [key, namespace, ...kept]);
    changes(database, REMOVE_WRITES, [key, namespace, ...kept]);
    changes(database, UNLINK, [key, namespace, ...kept, ...kept]);
  }
  return { kind: 'pruned', checkpoints };
}

/** What {@link pruneThread} would do now. */
export function countPrunable(database: DatabaseSync, key: ThreadKey, cutMs: number): ThreadFate {
  const heads = judge(database, key, cutMs);
  if (typeof heads === 'string') return { kind: heads };
  const count = statement(database, COUNT);
  const counts = heads.map(({ namespace, kept }) =>
    Number(count.get(key, namespace, ...kept)?.['checkpoints']),
  );
  return { kind: 'pruned', checkpoints: counts.reduce((sum, one) => sum + one, 0) };
}
