import type { Db } from '../open.ts';
import { dueAt } from '../outage.ts';

/** After an outage those who wait for the claim come back first, and after a restore it may long be settled. */
const DUE_AT = dueAt({ deadline: `(lease.created_at + $2 * interval '1 ms')`, grace: '$3' });
const STATEMENT = {
  name: 'give-up-claim',
  text: `
UPDATE lease SET state = 'draining', uncertain = true, end_reason = 'gave_up', claim_error = 'PROVIDER_UNAVAILABLE',
  ended_at = clock_timestamp(), wanted_version = wanted_version + 1, changed_at = clock_timestamp(),
  wake_at = clock_timestamp() + interval '5 s'
WHERE session_id = $1 AND state = 'provisioning' AND claim_until < clock_timestamp()
  AND created_at < clock_timestamp() - $2 * interval '1 ms' AND ${DUE_AT} < clock_timestamp()
RETURNING lease_id`,
};

/**
 * Gives up the session's claim if nobody settled it for `giveUpMs`, in which an api was there; returns the lease's
 * id if so. `graceMs` as in `expire-due`.
 */
export async function giveUpClaim(
  db: Db,
  sessionId: string,
  { giveUpMs, graceMs }: { readonly giveUpMs: number; readonly graceMs: number },
): Promise<string | undefined> {
  const [row] = await db.rows<{ lease_id: string }>(STATEMENT, [sessionId, giveUpMs, graceMs]);
  return row?.lease_id;
}
