import type { Db } from '../open.ts';

/** What an installation that is being emptied still has. */
export interface LeasesLeft {
  /** Live and not protected. */
  readonly live: number;
  readonly protected: number;
  /** Draining and not stuck. */
  readonly draining: number;
  readonly stuck: number;
}

const STATEMENT = {
  name: 'leases-left',
  text: `
SELECT count(*) FILTER (WHERE state IN ('provisioning', 'active') AND NOT protected)::int AS live,
  count(*) FILTER (WHERE state IN ('provisioning', 'active') AND protected)::int AS protected,
  count(*) FILTER (WHERE state = 'draining' AND stuck_at IS NULL)::int AS draining,
  count(*) FILTER (WHERE state = 'draining' AND stuck_at IS NOT NULL)::int AS stuck
FROM lease WHERE state <> 'closed'`,
};

/** Counts the leases that are not closed. */
export async function leasesLeft(db: Db): Promise<LeasesLeft> {
  const [row] = await db.rows<LeasesLeft>(STATEMENT, []);
  return row ?? { live: 0, protected: 0, draining: 0, stuck: 0 };
}
