/** What becomes of a schedule's uploads: all are settled, what nobody let go of is let go of, and all has to go. */
import { now } from '../clock.ts';
import { until } from '../../support/until.ts';
import type { UploadRecord } from '../history/contract.ts';
import type { Aftermath } from './aftermath.ts';
import { askLedger, ofSchedule } from './ledger.ts';
import { request } from './request.ts';

/** A sender is taken for dead after 15 s, the pass of a killed worker after 30 s. */
const SETTLED_WITHIN_MS = 90_000;
const GONE_WITHIN_MS = 60_000;

interface Row {
  readonly upload_id: string;
  readonly provider_file_id: string | null;
  readonly provider: string;
  readonly sha256: string;
  readonly filename: string;
  readonly user_id: string;
  readonly session_id: string | null;
  readonly plain: boolean;
  readonly upload_status: string;
  readonly uncertain: boolean;
  readonly candidates: readonly string[];
  readonly deletion_reason: string | null;
  readonly deleted_ms: number | null;
  readonly proven_ms: number | null;
  readonly stuck: boolean;
  readonly last_error: string | null;
  readonly listed: boolean;
}

/** `listed`: it was looked at since it was made due, and a person has to look now. */
const SELECT = `
SELECT upload_id, u.provider_file_id, u.provider, sha256, filename, user_id, session_id, plain, upload_status, uncertain,
  candidates, deletion_reason, coalesce(f.last_error, u.last_error) AS last_error,
  f.stuck_at IS NOT NULL AND f.provider_deleted_at IS NULL AS stuck,
  (extract(epoch FROM u.deleted_at - clock_timestamp()) * 1000)::float8 AS deleted_ms,
  (extract(epoch FROM u.provider_deleted_at - clock_timestamp()) * 1000)::float8 AS proven_ms,
  coalesce(uncertain AND candidates <> '{}' AND u.next_try_at
    BETWEEN clock_timestamp() + interval '5 s' AND clock_timestamp() + interval '5 min', false) AS listed
FROM provider_file_uploads u LEFT JOIN file f USING (file_key) WHERE user_id LIKE $1 ORDER BY u.created_at`;

/** What was found before everything ran again is looked at once more. */
const LOOK_AGAIN = `
UPDATE provider_file_uploads SET next_try_at = clock_timestamp() WHERE user_id LIKE $1 AND uncertain`;

/** Who mended the provider would wait neither for a claim of a killed worker nor for the next try of what is stuck. */
const UPLOADS_DUE = `
UPDATE provider_file_uploads SET next_try_at = clock_timestamp()
WHERE user_id LIKE $1 AND uncertain AND candidates = '{}' AND next_try_at > clock_timestamp() + interval '3 s'`;
const FILES_DUE = `
UPDATE file SET next_try_at = clock_timestamp()
WHERE uploaded AND deleted_at IS NOT NULL AND provider_deleted_at IS NULL
  AND next_try_at > clock_timestamp() + interval '3 s'`;
/** Nor for a minute until the next probe: the longest that a breaker opens for anything else at first is five seconds. */
const BREAKERS_DUE = `
UPDATE provider_limit SET open_until = clock_timestamp() WHERE open_until > clock_timestamp() + interval '5 s'`;

/** Makes due what waits for longer than a few seconds. */
export async function makeUploadsDue({ rig, seed }: Aftermath): Promise<void> {
  await askLedger(rig.databaseUrl, BREAKERS_DUE, []);
  await askLedger(rig.databaseUrl, UPLOADS_DUE, [ofSchedule(seed)]);
  await askLedger(rig.databaseUrl, FILES_DUE, []);
}

const rowsOf = ({ rig, seed }: Aftermath): Promise<Row[]> =>
  askLedger<Row>(rig.databaseUrl, SELECT, [ofSchedule(seed)]);

function isSettled({ upload_status: status, uncertain, listed }: Row): boolean {
  if (status === 'pending' || status === 'uploading') return false;
  return listed || status === 'deleted' || !uncertain;
}

async function untilAll(
  after: Aftermath,
  wish: {
    readonly describe: string;
    readonly deadlineMs: number;
    readonly each?: (row: Row) => Promise<void>;
  },
  isDone: (row: Row) => boolean,
): Promise<void> {
  const { describe, deadlineMs, each } = wish;
  const done = async (): Promise<boolean> => {
    await makeUploadsDue(after);
    const rows = await rowsOf(after);
    for (const row of rows) await each?.(row);
    return rows.every(isDone);
  };
  // What is not done by then is told by the records.
  await until(done, { describe, deadlineMs, everyMs: 250 }).catch(() => undefined);
}

/** Ends the user's hold, as its client would who needs the file no longer. */
async function drop({ rig, recorder, seed }: Aftermath, row: Row): Promise<void> {
  const { upload_status: status, plain, provider_file_id: file, user_id: user, provider } = row;
  if (status !== 'completed' || !plain || file === null) return;
  const about = { client: 'end', session: `chaos-${seed}-end`, fence: null } as const;
  await request(rig.apiUrl, { ...about, verb: 'drop', drop: { file, user, provider } }, recorder);
}

/** Waits until every upload is settled, lets go of what is held, and waits until it is gone. */
export async function letGoOfUploads(after: Aftermath): Promise<void> {
  await askLedger(after.rig.databaseUrl, LOOK_AGAIN, [ofSchedule(after.seed)]);
  await untilAll(after, { describe: 'every upload settled', deadlineMs: SETTLED_WITHIN_MS }, isSettled);
  const each = (row: Row): Promise<void> => drop(after, row);
  const isGone = (row: Row): boolean =>
    isSettled(row) && (row.upload_status === 'failed' || row.proven_ms !== null);
  await untilAll(after, { describe: 'every file gone', deadlineMs: GONE_WITHIN_MS, each }, isGone);
}

/** All uploads of the schedule as the ledger tells them. */
export async function uploadRecords(after: Aftermath): Promise<readonly UploadRecord[]> {
  const rows = await rowsOf(after);
  const at = now();
  const timeOf = (ms: number | null): number | null => (ms === null ? null : at + ms);
  return rows.map((row) => ({
    type: 'upload',
    at,
    uploadId: row.upload_id,
    file: row.provider_file_id,
    provider: row.provider,
    sha256: row.sha256,
    filename: row.filename,
    user: row.user_id,
    session: row.session_id,
    plain: row.plain,
    status: row.upload_status,
    uncertain: row.uncertain,
    candidates: row.candidates,
    endReason: row.deletion_reason,
    deletedAt: timeOf(row.deleted_ms),
    provenAt: timeOf(row.proven_ms),
    stuck: row.stuck,
    lastError: row.last_error,
  }));
}
