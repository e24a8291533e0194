import type { Lease, LeaseState } from '../../domain/lease.ts';
import type { Db } from '../open.ts';
import { LEASE_COLUMNS, toLease, type LeaseRow } from '../row.ts';

export interface ListLeasesInput {
  readonly state: LeaseState | null;
  readonly stuck: boolean | null;
  /** Whether something was given up of it. */
  readonly abandoned: boolean | null;
  /** Position after which to go on: creation time as the database printed it, and the lease id. */
  readonly after: LeasePosition | null;
  readonly limit: number;
}

export interface LeasePosition {
  readonly createdAt: string;
  readonly leaseId: string;
}

export interface ListedLease {
  readonly lease: Lease;
  readonly position: LeasePosition;
}

const STATEMENT = {
  name: 'list-leases',
  text: `
SELECT ${LEASE_COLUMNS}, created_at::text AS created_at_text
FROM lease
WHERE ($1::text IS NULL OR state = $1) AND ($2::boolean IS NULL OR (stuck_at IS NOT NULL) = $2)
  AND ($6::boolean IS NULL OR (forced_by IS NOT NULL) = $6)
  AND ($3::timestamptz IS NULL OR (created_at, lease_id) < ($3, $4::uuid))
ORDER BY created_at DESC, lease_id DESC LIMIT $5`,
};

/** Leases, newest first. */
export async function listLeases(db: Db, input: ListLeasesInput): Promise<readonly ListedLease[]> {
  const rows = await db.rows<LeaseRow & { created_at_text: string }>(STATEMENT, [
    input.state,
    input.stuck,
    input.after?.createdAt ?? null,
    input.after?.leaseId ?? null,
    input.limit,
    input.abandoned,
  ]);
  return rows.map((row) => ({
    lease: toLease(row),
    position: { createdAt: row.created_at_text, leaseId: row.lease_id },
  }));
}
