import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'give-up-claim',
  text: `
UPDATE lease SET state = 'draining', uncertain = true, end_reason = 'gave_up', claim_error = 'PROVIDER_UNAVAILABLE',
  ended_at = clock_timestamp(), wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'
WHERE session_id = $1 AND state = 'provisioning' AND claim_until < clock_timestamp()
  AND created_at < clock_timestamp() - $2 * interval '1 ms'
RETURNING lease_id`,
};

/** Gives up the session's claim if nobody settled it for `giveUpMs`; returns the lease's id if so. */
export async function giveUpClaim(db: Db, sessionId: string, giveUpMs: number): Promise<string | undefined> {
  const [row] = await db.rows<{ lease_id: string }>(STATEMENT, [sessionId, giveUpMs]);
  return row?.lease_id;
}
