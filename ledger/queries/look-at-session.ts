import type { LeaseState } from '../../domain/lease.ts';
import type { Db } from '../open.ts';

export interface SessionGlance {
  readonly leaseId: string;
  readonly state: LeaseState;
  readonly protected: boolean;
  readonly vectorStoreId: string | null;
  /** Milliseconds the claim still has; negative once it may be taken over. Null unless provisioning. */
  readonly claimLeftMs: number | null;
}

interface Row {
  readonly lease_id: string;
  readonly state: LeaseState;
  readonly protected: boolean;
  readonly vector_store_id: string | null;
  readonly claim_left_ms: number | null;
}

const STATEMENT = {
  name: 'look-at-session',
  text: `
SELECT lease_id, state, protected, vector_store_id,
  CASE WHEN state = 'provisioning'
    THEN (extract(epoch FROM claim_until - clock_timestamp()) * 1000)::float8 END AS claim_left_ms
FROM lease WHERE session_id = $1
ORDER BY (state IN ('provisioning', 'active')) DESC, created_at DESC LIMIT 1`,
};

/** The session's live lease, else its newest; `undefined` for a session the ledger does not know. */
export async function lookAtSession(db: Db, sessionId: string): Promise<SessionGlance | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [sessionId]);
  if (row === undefined) return undefined;
  return {
    leaseId: row.lease_id,
    state: row.state,
    protected: row.protected,
    vectorStoreId: row.vector_store_id,
    claimLeftMs: row.claim_left_ms,
  };
}
