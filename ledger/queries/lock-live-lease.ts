import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'lock-live-lease',
  text: `
SELECT lease_id FROM lease
WHERE session_id = $1 AND state = 'active' AND ($2::uuid IS NULL OR lease_id = $2)
FOR UPDATE`,
};

/** Locks the active lease before anything else of the transaction does; `undefined` where none is active. */
export async function lockLiveLease(
  db: Db,
  sessionId: string,
  leaseId: string | null,
): Promise<string | undefined> {
  const [row] = await db.rows<{ lease_id: string }>(STATEMENT, [sessionId, leaseId]);
  return row?.lease_id;
}
