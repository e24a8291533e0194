import type { Lease, LeaseState } from '../../domain/lease.ts';
import { createdUs, isAfter, type Position } from '../cursor.ts';
import type { Db } from '../open.ts';
import { LEASE_COLUMNS, toLease, type LeaseRow } from '../row.ts';

export interface ListLeasesInput {
  readonly state: LeaseState | null;
  readonly stuck: boolean | null;
  /** Whether something was given up of it. */
  readonly abandoned: boolean | null;
  /** Null = from the newest. */
  readonly after: Position | null;
  readonly limit: number;
}

export interface ListedLease {
  readonly lease: Lease;
  readonly position: Position;
}

const STATEMENT = {
  name: 'list-leases',
  text: `
SELECT ${LEASE_COLUMNS}, ${createdUs('created_at')} AS created_us
FROM lease
WHERE ($1::text IS NULL OR state = $1) AND ($2::boolean IS NULL OR (stuck_at IS NOT NULL) = $2)
  AND ($6::boolean IS NULL OR (forced_by IS NOT NULL) = $6)
  AND ${isAfter('created_at, lease_id', '$3', '$4')}
ORDER BY created_at DESC, lease_id DESC LIMIT $5`,
};

/** Leases, newest first. */
export async function listLeases(db: Db, input: ListLeasesInput): Promise<readonly ListedLease[]> {
  const rows = await db.rows<LeaseRow & { created_us: string }>(STATEMENT, [
    input.state,
    input.stuck,
    input.after?.createdUs ?? null,
    input.after?.id ?? null,
    input.limit,
    input.abandoned,
  ]);
  return rows.map((row) => ({
    lease: toLease(row),
    position: { createdUs: row.created_us, id: row.lease_id },
  }));
}
