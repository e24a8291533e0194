import type { Db } from '../open.ts';
import { LIVE } from '../states.ts';

export interface ReleaseWish {
  /** Protected leases too. */
  readonly protectedToo: boolean;
  /** Delete registered stores, instead of only letting them go. */
  readonly registered: boolean;
}

/** Locked in one order, so that two of these cannot wait for each other in a ring. Due at once: nobody tells Temporal. */
const STATEMENT = {
  name: 'release-leases',
  text: `
UPDATE lease SET state = 'draining', uncertain = uncertain OR state = 'provisioning', end_reason = 'released',
  let_go = registered AND NOT $2, ended_at = clock_timestamp(),
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(), wake_at = clock_timestamp()
WHERE lease_id IN (SELECT lease_id FROM lease WHERE state IN ('provisioning', 'active') AND ($1 OR NOT protected)
    ORDER BY lease_id LIMIT $3 FOR UPDATE)
  AND state = ANY ($4::text[]) AND ($1 OR NOT protected)
RETURNING lease_id`,
};

/** Ends at most `limit` live leases; returns how many. */
export async function releaseLeases(db: Db, wish: ReleaseWish, limit: number): Promise<number> {
  const values = [wish.protectedToo, wish.registered, limit, LIVE];
  return (await db.rows(STATEMENT, values)).length;
}
