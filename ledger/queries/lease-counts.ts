import type { LeaseState } from '../../domain/lease.ts';
import type { Db } from '../open.ts';

export interface LeaseCounts {
  readonly byState: Readonly<Record<Exclude<LeaseState, 'closed'>, number>>;
  readonly stuck: number;
  /** Rows whose last change no workflow has seen for 30 s. */
  readonly unowned: number;
}

interface Row {
  readonly provisioning: number;
  readonly active: number;
  readonly draining: number;
  readonly stuck: number;
  readonly unowned: number;
}

const STATEMENT = {
  name: 'lease-counts',
  text: `
SELECT count(*) FILTER (WHERE state = 'provisioning')::int AS provisioning,
  count(*) FILTER (WHERE state = 'active')::int AS active,
  count(*) FILTER (WHERE state = 'draining')::int AS draining,
  count(*) FILTER (WHERE stuck_at IS NOT NULL)::int AS stuck,
  count(*) FILTER (WHERE seen_version < wanted_version
    AND changed_at < clock_timestamp() - interval '30 s')::int AS unowned
FROM lease WHERE state <> 'closed'`,
};

/** Gauges over the leases that are not closed. */
export async function leaseCounts(db: Db): Promise<LeaseCounts> {
  const [row] = await db.rows<Row>(STATEMENT, []);
  const { provisioning = 0, active = 0, draining = 0, stuck = 0, unowned = 0 } = row ?? {};
  return { byState: { provisioning, active, draining }, stuck, unowned };
}
