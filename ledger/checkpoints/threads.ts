import type { ThreadAge } from '../../domain/conversations.ts';
import type { Db } from '../open.ts';
import { checkpointMs } from './age.ts';

/** The next threads in the order of the primary key, each with the age of its checkpoints. */
const page = (after: string) => `
SELECT t.thread_id, a.checkpoints, a.namespaces, a.undated, a.newest_ms
FROM (SELECT DISTINCT thread_id FROM checkpoints ${after} ORDER BY thread_id LIMIT $1) t
CROSS JOIN LATERAL (
  SELECT count(*)::int AS checkpoints, count(DISTINCT d.checkpoint_ns)::int AS namespaces, count(*) FILTER (WHERE d.ms IS NULL)::int AS undated,
    max(d.ms)::float8 AS newest_ms
  FROM (SELECT c.checkpoint_ns, ${checkpointMs('c')} AS ms FROM checkpoints c WHERE c.thread_id = t.thread_id) d
) a
ORDER BY t.thread_id`;

const FIRST = { name: 'first-threads', text: page('') };
const NEXT = { name: 'next-threads', text: page('WHERE thread_id > $2') };

const SKIPPED = {
  name: 'next-thread-id',
  text: 'SELECT thread_id FROM checkpoints WHERE thread_id > $1 ORDER BY thread_id LIMIT 1',
};
const SKIPPED_FIRST = {
  name: 'first-thread-id',
  text: 'SELECT thread_id FROM checkpoints ORDER BY thread_id LIMIT 1',
};

/** The next thread behind `after`, whatever is in it: that is one key of an index. Undefined at the end. */
export async function nextThreadId(db: Db, after: string | undefined): Promise<string | undefined> {
  const rows = await (after === undefined
    ? db.rows<{ thread_id: string }>(SKIPPED_FIRST, [])
    : db.rows<{ thread_id: string }>(SKIPPED, [after]));
  return rows[0]?.thread_id;
}

interface Row {
  readonly thread_id: string;
  readonly checkpoints: number;
  readonly namespaces: number;
  readonly undated: number;
  readonly newest_ms: number | null;
}

/** At most `limit` threads behind `after`, in the order of their ids; from the first where that is undefined. */
export async function threadPage(
  db: Db,
  after: string | undefined,
  limit: number,
): Promise<readonly ThreadAge[]> {
  const rows = await (after === undefined
    ? db.rows<Row>(FIRST, [limit])
    : db.rows<Row>(NEXT, [limit, after]));
  return rows.map((row) => ({
    threadId: row.thread_id,
    checkpoints: row.checkpoints,
    namespaces: row.namespaces,
    undated: row.undated,
    newestMs: row.newest_ms,
  }));
}
