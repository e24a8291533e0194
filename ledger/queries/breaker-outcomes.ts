import type { Db } from '../open.ts';
import { BREAKER_COLUMNS, toBreakerState, type BreakerRow, type BreakerState } from './provider-limit.ts';

export interface CallFailed {
  readonly accountId: number;
  /** What the call was about: the same target again makes the row no longer. */
  readonly target: string;
  /** An upload: its failures make a row of their own. */
  readonly upload: boolean;
  /** The token of a probe; null for any other call. */
  readonly probeToken: string | null;
  /** Different targets in a row that open the breaker. */
  readonly failuresToOpen: number;
  /** How long it opens first; twice that with each probe that fails, up to the longest. */
  readonly firstOpenMs: number;
  readonly longestOpenMs: number;
  /** What the provider asked for; 0 = nothing. Beats the above. */
  readonly retryAfterMs: number;
}

export interface StoreMissing {
  readonly accountId: number;
  /** A store that is asked for again counts once. */
  readonly target: string;
  /** So many of them within that time open the breaker, for that long. */
  readonly missingToOpen: number;
  readonly withinMs: number;
  readonly openMs: number;
}

/** The breaker after an outcome, and whether that very outcome opened it. */
export interface AfterOutcome extends BreakerState {
  readonly opened: boolean;
}
interface Row extends BreakerRow {
  readonly opened: boolean;
}

/**
 * Late failures of calls sent before it opened say nothing new: only the probe keeps a breaker open. One that is open
 * for missing stores lets creates pass, so their failures count, and in a row they hold back creates too. Of a row of
 * uploads that opened it all but one are kept: whoever closes it may have deleted something, and then the first upload
 * is the one that tries.
 */
const FAILED = {
  name: 'breaker-failed',
  text: `
WITH seen AS MATERIALIZED (
  SELECT CASE WHEN $2 = ANY (failed) THEN failed ELSE failed || $2::text END AS targets,
    openings, open_until IS NULL AS closed, open_reason IS DISTINCT FROM 'failing' AS counts,
    coalesce(probe_token = $3::uuid, false) AS probed
  FROM (SELECT *, CASE WHEN $8::boolean THEN failed_uploads ELSE failed_targets END AS failed
    FROM provider_limit WHERE account_id = $1 FOR UPDATE) AS locked
), told AS MATERIALIZED (
  SELECT *, counts AND cardinality(targets) >= $4 AS fails,
    probed OR (counts AND cardinality(targets) >= $4) AS opens,
    greatest(least($6::float8, $5::float8 * 2 ^ least(openings, 16)), $7::float8) AS open_ms FROM seen
)
UPDATE provider_limit SET
  failed_targets = CASE WHEN $8 THEN failed_targets WHEN counts AND NOT fails THEN targets ELSE '{}' END,
  failed_uploads = CASE WHEN NOT $8 OR NOT counts THEN failed_uploads
    WHEN fails THEN targets[cardinality(targets) - $4::int + 2:] ELSE targets END,
  openings = told.openings + opens::int,
  open_reason = CASE WHEN fails THEN 'failing' ELSE open_reason END,
  opened_at = CASE WHEN opens AND closed THEN clock_timestamp() ELSE opened_at END,
  open_until = CASE WHEN opens THEN greatest(open_until, clock_timestamp() + told.open_ms * interval '1 ms')
    ELSE open_until END,
  probe_token = CASE WHEN NOT probed THEN probe_token END,
  probe_until = CASE WHEN NOT probed THEN probe_until END
FROM told WHERE account_id = $1
RETURNING ${BREAKER_COLUMNS}, fails AS opened`,
};

/** Only the probe closes a breaker: a create that passed one ends a row of failures, and says nothing of missing stores. */
const STAYS_OPEN = `open_until IS NOT NULL AND ($2::uuid IS NULL OR probe_token IS DISTINCT FROM $2)`;
const WORKED = {
  name: 'breaker-worked',
  text: `
UPDATE provider_limit SET failed_targets = '{}',
  failed_uploads = CASE WHEN $3::boolean THEN '{}' ELSE failed_uploads END,
  open_reason = CASE WHEN ${STAYS_OPEN} THEN open_reason END,
  opened_at = CASE WHEN ${STAYS_OPEN} THEN opened_at END,
  open_until = CASE WHEN ${STAYS_OPEN} THEN open_until END,
  openings = CASE WHEN ${STAYS_OPEN} THEN openings ELSE 0 END,
  probe_token = CASE WHEN ${STAYS_OPEN} THEN probe_token END,
  probe_until = CASE WHEN ${STAYS_OPEN} THEN probe_until END,
  missing_at = CASE WHEN open_until IS NULL OR ${STAYS_OPEN} THEN missing_at ELSE '{}' END,
  missing_targets = CASE WHEN open_until IS NULL OR ${STAYS_OPEN} THEN missing_targets ELSE '{}' END
WHERE account_id = $1 AND (probe_token = $2 OR (open_reason IS DISTINCT FROM 'failing'
  AND (failed_targets <> '{}' OR ($3 AND failed_uploads <> '{}'))))
RETURNING open_until IS NULL AS closed`,
};

const MISSING = {
  name: 'breaker-missing',
  text: `
WITH limited AS MATERIALIZED (
  SELECT missing_at, missing_targets, coalesce(array_position(missing_targets, $5), 0) AS n, open_until IS NULL AS closed
  FROM provider_limit WHERE account_id = $1 FOR UPDATE
), others AS MATERIALIZED (
  SELECT CASE n WHEN 0 THEN missing_at ELSE missing_at[:n - 1] || missing_at[n + 1:] END AS ats,
    array_remove(missing_targets, $5) AS targets, closed FROM limited
), seen AS MATERIALIZED (
  SELECT ats[cardinality(ats) - $2::int + 2:] || clock_timestamp() AS ats,
    targets[cardinality(targets) - $2::int + 2:] || $5::text AS targets, closed FROM others
), told AS MATERIALIZED (
  SELECT *, closed AND cardinality(ats) >= $2 AND ats[1] > clock_timestamp() - $3::float8 * interval '1 ms' AS opens
  FROM seen
)
UPDATE provider_limit SET failed_targets = '{}',
  missing_at = CASE WHEN opens THEN '{}' WHEN closed THEN ats ELSE missing_at END,
  missing_targets = CASE WHEN opens THEN '{}' WHEN closed THEN targets ELSE missing_targets END,
  openings = openings + opens::int,
  open_reason = CASE WHEN opens THEN 'missing' ELSE open_reason END,
  opened_at = CASE WHEN opens THEN clock_timestamp() ELSE opened_at END,
  open_until = CASE WHEN opens THEN clock_timestamp() + $4::float8 * interval '1 ms' ELSE open_until END
FROM told WHERE account_id = $1
RETURNING ${BREAKER_COLUMNS}, opens AS opened`,
};

function after(row: Row | undefined): AfterOutcome | undefined {
  return row && { ...toBreakerState(row), opened: row.opened };
}

/** A call failed as it would if the provider were away; the breaker may open, or stay open after a probe. */
export async function breakerFailed(db: Db, call: CallFailed): Promise<AfterOutcome | undefined> {
  const [row] = await db.rows<Row>(FAILED, [
    call.accountId,
    call.target,
    call.probeToken,
    call.failuresToOpen,
    call.firstOpenMs,
    call.longestOpenMs,
    call.retryAfterMs,
    call.upload,
  ]);
  return after(row);
}

/**
 * A call was answered: ends a row of failures, that of uploads only where it was one, and closes the breaker after a
 * probe. True where that changed anything, and the breaker is closed now.
 */
export async function breakerWorked(
  db: Db,
  accountId: number,
  call: { readonly probeToken: string | null; readonly upload: boolean },
): Promise<boolean> {
  const [row] = await db.rows<{ closed: boolean }>(WORKED, [accountId, call.probeToken, call.upload]);
  return row?.closed ?? false;
}

/** A store was "not found": ends a row of failures, but too many different ones open the breaker. */
export async function breakerMissing(db: Db, call: StoreMissing): Promise<AfterOutcome | undefined> {
  const values = [call.accountId, call.missingToOpen, call.withinMs, call.openMs, call.target];
  const [row] = await db.rows<Row>(MISSING, values);
  return after(row);
}
