import type { ThreadAge } from '../../domain/conversations.ts';
import type { QueryResultRow } from 'pg';
import type { Db } from '../open.ts';
import { checkpointMs } from './age.ts';

/** The next threads in the order of the primary key. */
const ids = (after: string) =>
  `SELECT DISTINCT thread_id FROM checkpoints ${after} ORDER BY thread_id LIMIT $1`;

/** The same, each with the age of its checkpoints. */
const page = (after: string) => `
SELECT t.thread_id, a.checkpoints, a.namespaces, a.undated, a.newest_ms
FROM (${ids(after)}) t
CROSS JOIN LATERAL (
  SELECT count(*)::int AS checkpoints, count(DISTINCT d.checkpoint_ns)::int AS namespaces, count(*) FILTER (WHERE d.ms IS NULL)::int AS undated,
    max(d.ms)::float8 AS newest_ms
  FROM (SELECT c.checkpoint_ns, ${checkpointMs('c')} AS ms FROM checkpoints c WHERE c.thread_id = t.thread_id) d
) a
ORDER BY t.thread_id`;

const BEHIND = 'WHERE thread_id > $2';
const PAGE = {
  first: { name: 'first-threads', text: page('') },
  next: { name: 'next-threads', text: page(BEHIND) },
};
const IDS = {
  first: { name: 'first-thread-ids', text: ids('') },
  next: { name: 'next-thread-ids', text: ids(BEHIND) },
};

interface Behind {
  /** Undefined = from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

function rowsOf<Row extends QueryResultRow>(
  db: Db,
  { first, next }: typeof PAGE,
  { after, limit }: Behind,
): Promise<Row[]> {
  return after === undefined ? db.rows<Row>(first, [limit]) : db.rows<Row>(next, [limit, after]);
}

/** The next thread behind `after`, whatever is in it: that is one key of an index. Undefined at the end. */
export async function nextThreadId(db: Db, after: string | undefined): Promise<string | undefined> {
  const rows = await rowsOf<{ thread_id: string }>(db, IDS, { after, limit: 1 });
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
  const rows = await rowsOf<Row>(db, PAGE, { after, limit });
  return rows.map((row) => ({
    threadId: row.thread_id,
    checkpoints: row.checkpoints,
    namespaces: row.namespaces,
    undated: row.undated,
    newestMs: row.newest_ms,
  }));
}
