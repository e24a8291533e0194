import type { DatabaseSync } from 'node:sqlite';
import type { ThreadAge } from '../../../domain/conversations.ts';
import { asKey, keyText, KEY_IN, type ThreadKey } from './key.ts';
import { CHECKPOINT_MS } from './age.ts';
import { statement } from './statements.ts';

/** A text is less than any blob: whatever else somebody put into the column is left out. */
const page = (after: string) => `
SELECT CAST(t.thread_id AS BLOB) AS key, count(*) AS checkpoints, count(DISTINCT c.checkpoint_ns) AS namespaces,
  max(${CHECKPOINT_MS}) AS newest_ms,
  sum(${CHECKPOINT_MS} IS NULL) AS undated
FROM (SELECT DISTINCT thread_id FROM checkpoints WHERE ${after} thread_id < x'' ORDER BY thread_id LIMIT ?) t
  CROSS JOIN checkpoints c ON c.thread_id = t.thread_id
GROUP BY t.thread_id ORDER BY t.thread_id`;

const FIRST = page('');
const NEXT = page(`thread_id > ${KEY_IN} AND`);

export interface KeyedThread extends ThreadAge {
  readonly key: ThreadKey;
}

/** At most `limit` threads behind `after`, in the order of their ids; from the first where that is undefined. */
export function sqlitePage(
  database: DatabaseSync,
  after: ThreadKey | undefined,
  limit: number,
): readonly KeyedThread[] {
  const rows =
    after === undefined ? statement(database, FIRST).all(limit) : statement(database, NEXT).all(after, limit);
  return rows.map((row) => ({
    key: asKey(row['key']),
    threadId: keyText(asKey(row['key'])),
    checkpoints: Number(row['checkpoints']),
    namespaces: Number(row['namespaces']),
    undated: Number(row['undated']),
    newestMs: row['newest_ms'] === null ? null : Number(row['newest_ms']),
  }));
}
