/** What tests look at in the ledger, past api and worker. */
import { query } from '../support/databases.ts';
import { until } from '../support/until.ts';

export interface LeaseRow {
  readonly lease_id: string;
  readonly state: string;
  readonly vector_store_id: string | null;
  readonly end_reason: string | null;
  readonly seen_version: string;
  readonly uncertain: boolean;
  readonly stuck: boolean;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly expires_at: Date | null;
}

/** Leases of a session, oldest first. */
export function leasesOf(databaseUrl: string, session: string): Promise<LeaseRow[]> {
  return query<LeaseRow>(
    databaseUrl,
    `SELECT lease_id, state, vector_store_id, end_reason, seen_version, uncertain, stuck_at IS NOT NULL AS stuck,
       attempts, last_error, expires_at
     FROM lease WHERE session_id = $1 ORDER BY created_at`,
    [session],
  );
}

/** State of each store row of a session's leases. */
export async function storeStates(databaseUrl: string, session: string): Promise<string[]> {
  const rows = await query<{ state: string }>(
    databaseUrl,
    'SELECT s.state FROM store s JOIN lease l USING (lease_id) WHERE l.session_id = $1',
    [session],
  );
  return rows.map((row) => row.state);
}

/** Each file a session tracks: not marked, marked for deletion, or proven gone. */
export async function fileStates(databaseUrl: string, session: string): Promise<string[]> {
  const rows = await query<{ state: string }>(
    databaseUrl,
    `SELECT CASE WHEN f.provider_deleted_at IS NOT NULL THEN 'gone' WHEN f.deleted_at IS NOT NULL THEN 'marked'
       ELSE 'tracked' END AS state
     FROM file f JOIN lease_entry e USING (file_key) JOIN lease l ON l.lease_id = e.lease_id
     WHERE l.session_id = $1 ORDER BY f.provider_file_id`,
    [session],
  );
  return rows.map((row) => row.state);
}

/** Resolves once every lease of the session is closed, with those. */
export async function untilClosed(
  databaseUrl: string,
  session: string,
  deadlineMs = 60_000,
): Promise<LeaseRow[]> {
  let seen: LeaseRow[] = [];
  await until(
    async () => {
      seen = await leasesOf(databaseUrl, session);
      return seen.length > 0 && seen.every((lease) => lease.state === 'closed');
    },
    {
      describe: () => `every lease of ${session} closed; last seen ${JSON.stringify(seen)}`,
      deadlineMs,
      everyMs: 200,
    },
  );
  return seen;
}

/** Puts the next try of a session's stuck drain forward: its least wait, a minute, is long for a test. */
export async function makeDue(databaseUrl: string, session: string): Promise<void> {
  const sql = `UPDATE lease SET next_try_at = clock_timestamp(), wake_at = clock_timestamp()
    WHERE session_id = $1 AND state = 'draining'`;
  await query(databaseUrl, sql, [session]);
}
