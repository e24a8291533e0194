/** After a schedule: everything runs again, what lives is let run out, and what is left is written down. */
import { now } from '../clock.ts';
import { TAG_SESSION } from '../../../domain/store-tags.ts';
import { until } from '../../support/until.ts';
import type { LeaseRecord } from '../history/contract.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Rig } from '../rig/rig.ts';
import { VICTIMS } from '../schedule/contract.ts';
import { letGoOfUploads, makeUploadsDue, uploadRecords } from './aftermath-uploads.ts';
import { askLedger, ofSchedule } from './ledger.ts';
import { request } from './request.ts';

/** A pass of a worker that was killed is noticed by its missing heartbeat after 30 s, then tried again. */
const DRAINED_WITHIN_MS = 100_000;

interface Row {
  readonly lease_id: string;
  readonly session_id: string;
  readonly state: string;
  readonly vector_store_id: string | null;
  readonly registered: boolean;
  readonly protected: boolean;
  readonly end_reason: string | null;
  readonly stuck: boolean;
  readonly last_error: string | null;
  readonly created_ms: number;
  readonly ended_ms: number | null;
  readonly closed_ms: number | null;
  readonly files: readonly string[];
  readonly stores: readonly string[];
}

/** Moved onto the history's clock by how far the two are apart now. */
const SELECT = `
SELECT lease_id, session_id, state, vector_store_id, registered, protected, end_reason, last_error,
  stuck_at IS NOT NULL AS stuck,
  (extract(epoch FROM created_at - clock_timestamp()) * 1000)::float8 AS created_ms,
  (extract(epoch FROM ended_at - clock_timestamp()) * 1000)::float8 AS ended_ms,
  (extract(epoch FROM closed_at - clock_timestamp()) * 1000)::float8 AS closed_ms,
  ARRAY(SELECT f.provider_file_id FROM lease_entry e JOIN file f USING (file_key)
    WHERE e.lease_id = lease.lease_id) AS files,
  ARRAY(SELECT s.store_id FROM store s WHERE s.lease_id = lease.lease_id) AS stores
FROM lease WHERE session_id LIKE $1 ORDER BY created_at`;

/** The least wait of a stuck lease is a minute: an operator who mended the provider would not wait for it. */
const MAKE_DUE = `
UPDATE lease SET next_try_at = clock_timestamp(), wake_at = clock_timestamp()
WHERE session_id LIKE $1 AND state = 'draining' AND next_try_at > clock_timestamp() + interval '3 s'`;

export interface Aftermath {
  readonly rig: Rig;
  readonly recorder: Recorder;
  readonly seed: number;
}

/** No faults, true clocks, and every process up. */
export async function calm(rig: Rig): Promise<void> {
  await rig.control.clearFaults();
  for (const process of ['api', 'worker'] as const) rig.moveClock(process, 0);
  for (const victim of VICTIMS.toReversed()) await rig.restart(victim);
}

/** Protected leases have no end: they are released. All others run out by themselves. */
async function releaseProtected(after: Aftermath): Promise<void> {
  const rows = await askLedger<Row>(after.rig.databaseUrl, SELECT, [ofSchedule(after.seed)]);
  const endless = rows.filter((row) => row.protected && row.state === 'active');
  for (const { session_id: session } of endless) {
    await request(
      after.rig.apiUrl,
      { client: 'end', session, verb: 'release', fence: null, force: true },
      after.recorder,
    );
  }
}

async function untilDrained(after: Aftermath): Promise<{ drained: boolean; drainMs: number }> {
  const begin = now();
  const { databaseUrl } = after.rig;
  let open: readonly Row[] = [];
  const done = async (): Promise<boolean> => {
    await askLedger(databaseUrl, MAKE_DUE, [ofSchedule(after.seed)]);
    await makeUploadsDue(after);
    await releaseProtected(after);
    open = (await askLedger<Row>(databaseUrl, SELECT, [ofSchedule(after.seed)])).filter(
      (row) => row.state !== 'closed',
    );
    return open.length === 0;
  };
  const describe = 'every lease closed';
  const drained = await until(done, { describe, deadlineMs: DRAINED_WITHIN_MS, everyMs: 250 }).catch(
    () => false,
  );
  return { drained, drainMs: now() - begin };
}

/** What the drains could not know of is the sweep's: an orphan has to be seen twice and to be old enough. */
const SWEPT_WITHIN_MS = 45_000;

async function untilSwept({ rig, seed }: Aftermath): Promise<void> {
  const session = ofSchedule(seed).slice(0, -1);
  const isOurs = (metadata: Readonly<Record<string, string>>): boolean =>
    metadata[TAG_SESSION]?.startsWith(session) === true;
  const clean = async (): Promise<boolean> =>
    !(await rig.control.state()).stores.some(({ metadata }) => isOurs(metadata));
  const describe = 'no store of the schedule left at the provider';
  await until(clean, { describe, deadlineMs: SWEPT_WITHIN_MS, everyMs: 250 }).catch(() => undefined);
}

function toRecord(row: Row, at: number): LeaseRecord {
  return {
    type: 'lease',
    at,
    leaseId: row.lease_id,
    session: row.session_id,
    state: row.state,
    store: row.vector_store_id,
    registered: row.registered,
    endReason: row.end_reason,
    stuck: row.stuck,
    lastError: row.last_error,
    createdAt: at + row.created_ms,
    endedAt: row.ended_ms === null ? null : at + row.ended_ms,
    closedAt: row.closed_ms === null ? null : at + row.closed_ms,
    files: row.files,
    stores: row.stores,
  };
}

/** Waits for the end of everything and writes down the provider's journal, the ledger and what is left. */
export async function recordAftermath(after: Aftermath, since: number): Promise<void> {
  const { rig, recorder, seed } = after;
  const end = await untilDrained(after);
  await letGoOfUploads(after);
  await untilSwept(after);
  for (const entry of await rig.control.journal(since)) {
    recorder.write({ type: 'provider', at: entry.at_ms, ...entry });
  }
  const leases = await askLedger<Row>(rig.databaseUrl, SELECT, [ofSchedule(seed)]);
  const at = now();
  for (const lease of leases) recorder.write(toRecord(lease, at));
  for (const upload of await uploadRecords(after)) recorder.write(upload);
  const state = await rig.control.state();
  recorder.write({
    type: 'left',
    at,
    stores: state.stores.map(({ id }) => id),
    files: state.files.map(({ id }) => id),
    ...end,
  });
}
