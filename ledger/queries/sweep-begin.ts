import type { Db } from '../open.ts';

const SILENT = {
  name: 'sweep-end-silent',
  text: `
UPDATE sweep_run SET finished_at = clock_timestamp(), valid = coalesce(valid, false),
  invalid_reason = CASE WHEN valid IS TRUE THEN NULL ELSE 'interrupted' END
WHERE account_id = $1 AND finished_at IS NULL
  AND (holder = $2 OR pulse_at < clock_timestamp() - $3 * interval '1 ms')`,
};
const BEGIN = {
  name: 'sweep-begin',
  text: `
INSERT INTO sweep_run (account_id, dry_run, holder) VALUES ($1, $2, $3)
ON CONFLICT (account_id) WHERE finished_at IS NULL DO NOTHING RETURNING run_id::text`,
};
const FORGET = {
  name: 'sweep-forget',
  text: `DELETE FROM sweep_run WHERE account_id = $1 AND started_at < clock_timestamp() - $2 * interval '1 day'`,
};

/** Ends the run that the same holder left open, and one that shows no pulse for `silentMs`. */
export async function endSilentRun(
  db: Db,
  run: { readonly accountId: number; readonly holder: string; readonly silentMs: number },
): Promise<void> {
  await db.rows(SILENT, [run.accountId, run.holder, run.silentMs]);
}

/** Opens a run; `undefined` while another one of the account is open. */
export async function beginRun(
  db: Db,
  run: { readonly accountId: number; readonly dryRun: boolean; readonly holder: string },
): Promise<string | undefined> {
  const [row] = await db.rows<{ run_id: string }>(BEGIN, [run.accountId, run.dryRun, run.holder]);
  return row?.run_id;
}

/** Forgets runs older than `days`. */
export async function forgetRuns(db: Db, accountId: number, days: number): Promise<void> {
  await db.rows(FORGET, [accountId, days]);
}
