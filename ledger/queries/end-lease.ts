import type { EndReason, LeaseState } from '../../domain/lease.ts';
import type { Db } from '../open.ts';

export interface EndLeaseInput {
  readonly sessionId: string;
  /** Fencing: only this lease is ended; null = whichever is live. */
  readonly leaseId: string | null;
  readonly reason: Extract<EndReason, 'released' | 'cancelled'>;
  /** Ends a protected lease too. */
  readonly force: boolean;
}

export interface EndedLease {
  readonly leaseId: string;
  readonly vectorStoreId: string | null;
  readonly stateBefore: Extract<LeaseState, 'provisioning' | 'active'>;
}

interface Row {
  readonly lease_id: string;
  readonly vector_store_id: string | null;
}

/** A provisioning lease becomes uncertain: its create may still be on the way. */
const STATEMENT = {
  name: 'end-lease',
  text: `
UPDATE lease SET state = 'draining', uncertain = uncertain OR state = 'provisioning',
  end_reason = $3, ended_at = clock_timestamp(),
  wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'
WHERE session_id = $1 AND state IN ('provisioning', 'active')
  AND ($2::uuid IS NULL OR lease_id = $2) AND ($4 OR NOT protected)
RETURNING lease_id, vector_store_id`,
};

/** Ends the live lease now; `undefined` where the guards found none. */
export async function endLease(db: Db, input: EndLeaseInput): Promise<EndedLease | undefined> {
  const values = [input.sessionId, input.leaseId, input.reason, input.force];
  const [row] = await db.rows<Row>(STATEMENT, values);
  return (
    row && {
      leaseId: row.lease_id,
      vectorStoreId: row.vector_store_id,
      stateBefore: row.vector_store_id === null ? 'provisioning' : 'active',
    }
  );
}
