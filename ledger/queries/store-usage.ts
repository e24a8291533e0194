import type { Places } from '../../domain/capacity.ts';
import type { Db } from '../open.ts';
import { PLACES } from '../places.ts';

export interface StoreUsage extends Places {
  /** The earliest deadline of a lease in use, in epoch milliseconds; null where none has one. */
  readonly nextDeadlineMs: number | null;
  /** Milliseconds until a place may come free: by that deadline, or by a deletion that is under way. */
  readonly nextFreeMs: number | null;
}

interface Row extends Places {
  readonly next_deadline_ms: number | null;
  readonly next_free_ms: number | null;
}

const STATEMENT = {
  name: 'store-usage',
  text: `
WITH ${PLACES}, counted AS (
  SELECT count(*) FILTER (WHERE holder = 'live')::int AS live,
    count(*) FILTER (WHERE holder = 'draining')::int AS draining,
    count(*) FILTER (WHERE holder = 'stuck')::int AS stuck,
    count(*) FILTER (WHERE holder = 'unleased')::int AS unleased,
    count(*) FILTER (WHERE holder = 'foreign')::int AS "foreign"
  FROM place
), due AS (
  SELECT min(expires_at) FILTER (WHERE state = 'active') AS deadline,
    min(CASE state WHEN 'active' THEN expires_at
      WHEN 'draining' THEN coalesce(next_try_at, clock_timestamp()) END) AS free_at
  FROM open
)
SELECT counted.*, (extract(epoch FROM deadline) * 1000)::float8 AS next_deadline_ms,
  (extract(epoch FROM free_at - clock_timestamp()) * 1000)::float8 AS next_free_ms
FROM counted, due`,
};

/** What holds the places of an account, and when the next may come free. */
export async function storeUsage(db: Db, accountId: number): Promise<StoreUsage> {
  const [row] = await db.rows<Row>(STATEMENT, [accountId]);
  if (row === undefined) throw new Error('a count has one row');
  const { next_deadline_ms: nextDeadlineMs, next_free_ms: nextFreeMs, ...places } = row;
  return { ...places, nextDeadlineMs, nextFreeMs };
}
