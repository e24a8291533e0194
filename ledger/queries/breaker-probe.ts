import type { Db } from '../open.ts';

const TAKE = {
  name: 'take-probe',
  text: `
UPDATE provider_limit SET probe_token = $2, probe_until = clock_timestamp() + $3 * interval '1 ms'
WHERE account_id = $1 AND open_until <= clock_timestamp()
  AND (probe_until IS NULL OR probe_until <= clock_timestamp())
RETURNING account_id`,
};
const LEAVE = {
  name: 'leave-probe',
  text: `
UPDATE provider_limit SET probe_token = NULL, probe_until = NULL WHERE account_id = $1 AND probe_token = $2`,
};

/** Becomes the one call that an open breaker lets through; false where it is not time, or another one is. */
export async function takeProbe(
  db: Db,
  accountId: number,
  probe: { readonly token: string; readonly lastsMs: number },
): Promise<boolean> {
  return (await db.rows(TAKE, [accountId, probe.token, probe.lastsMs])).length > 0;
}

/** The probe told nothing: the next call may be it. */
export async function leaveProbe(db: Db, accountId: number, token: string): Promise<void> {
  await db.rows(LEAVE, [accountId, token]);
}
