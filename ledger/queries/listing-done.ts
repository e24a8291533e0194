import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

const STATEMENT = {
  name: 'listing-done',
  text: `
UPDATE lease SET last_listing_at = clock_timestamp(), empty_listings = CASE WHEN $2 THEN empty_listings + 1 ELSE 0 END
WHERE lease_id = $1 AND state = $4
  AND (NOT $2 OR last_listing_at IS NULL OR last_listing_at <= clock_timestamp() - $3 * interval '1 ms')`,
};

/**
 * Counts a full listing for an uncertain lease: an empty one only `gapMs` after the last, one that found
 * something starts the count again.
 */
export async function listingDone(
  db: Db,
  leaseId: string,
  listing: { readonly empty: boolean; readonly gapMs: number },
): Promise<void> {
  await db.rows(STATEMENT, [leaseId, listing.empty, listing.gapMs, DRAINING]);
}
