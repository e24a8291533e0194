import type { Db } from '../open.ts';
import { BREAKER_COLUMNS, toBreakerState, type BreakerRow, type BreakerState } from './provider-limit.ts';

export interface PermitRequest {
  readonly accountId: number;
  /** At most so many permits. */
  readonly wanted: number;
  /** Deletions of the account that may be under way at once. */
  readonly concurrency: number;
  /** A permit that is not given back is free again after this. */
  readonly permitMs: number;
  /** Least time between the starts of two deletions; 0 = any rate. */
  readonly spacingMs: number;
  /** No permit is given for a start further ahead than this. */
  readonly horizonMs: number;
  /** Marks the caller's probe, should the breaker be due for one. */
  readonly probeToken: string;
}

export interface Permit {
  readonly slot: number;
  readonly term: string;
}
export interface GrantedPermit extends Permit {
  /** Milliseconds from the end of the statement until the deletion may start. */
  readonly delayMs: number;
}

export interface PermitAnswer {
  readonly breaker: BreakerState;
  /** Milliseconds until the rate allows a further start. */
  readonly aheadMs: number;
  readonly granted: readonly GrantedPermit[];
  /** The one permit granted is for a probe: the breaker waits for its outcome. */
  readonly probing: boolean;
  /** Taken in vain, because the breaker opened in the same moment: to be given back at once. */
  readonly unusable: readonly Permit[];
}

interface Row extends BreakerRow {
  readonly ahead_ms: number;
  readonly slot: number | null;
  readonly term: string | null;
  readonly go: boolean;
  readonly probing: boolean | null;
  readonly delay_ms: number | null;
}

/** True of a limit whose breaker is closed, or due for a probe that nobody makes. */
const PASSABLE = `(open_until IS NULL OR (open_until <= clock_timestamp()
  AND (probe_until IS NULL OR probe_until <= clock_timestamp())))`;

/**
 * The earliest start of the next deletion. Further ahead than all permits could have moved it, and a minute, it was
 * written by a clock that has been set back since, and would hold back every deletion until then.
 */
const NEXT_START = `CASE WHEN next_delete_at
    <= clock_timestamp() + ($6::float8 + $3::int * $5::float8) * interval '1 ms' + interval '1 min'
  THEN greatest(next_delete_at, clock_timestamp()) ELSE clock_timestamp() END`;

/**
 * Permits, rate and breaker in one statement. The row of the limit is what all processes meet at: the start times are
 * reckoned on it after its lock, and the guard of the breaker is repeated there. How many permits it tries for comes
 * from an unlocked look and may be off by a few; that costs a short wait with a permit in hand, not the rate.
 */
const STATEMENT = {
  name: 'take-permits',
  text: `
WITH seen AS MATERIALIZED (
  SELECT ${BREAKER_COLUMNS}, ${PASSABLE} AS passable, open_until IS NULL AS closed,
    greatest(0, extract(epoch FROM ${NEXT_START} - clock_timestamp()) * 1000)::float8 AS ahead_ms
  FROM provider_limit WHERE account_id = $1
), room AS MATERIALIZED (
  SELECT CASE WHEN NOT passable THEN 0 WHEN NOT closed THEN 1 WHEN $5::float8 = 0 THEN $2::int
    ELSE least($2::int, greatest(0, 1 + floor(($6::float8 - ahead_ms) / $5::float8))::int) END AS permits FROM seen
), free AS MATERIALIZED (
  SELECT slot FROM provider_permit
  WHERE account_id = $1 AND slot <= $3 AND expires_at <= clock_timestamp()
  ORDER BY slot LIMIT coalesce((SELECT permits FROM room), 0) FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE provider_permit p SET term = term + 1, expires_at = clock_timestamp() + $4::float8 * interval '1 ms'
  FROM free WHERE p.account_id = $1 AND p.slot = free.slot
  RETURNING p.slot, p.term
), counted AS MATERIALIZED (
  SELECT count(*)::int AS n FROM taken
), timed AS (
  UPDATE provider_limit SET
    next_delete_at = ${NEXT_START} + n * $5::float8 * interval '1 ms',
    probe_token = CASE WHEN open_until IS NOT NULL THEN $7::uuid END,
    probe_until = CASE WHEN open_until IS NOT NULL THEN clock_timestamp() + $4::float8 * interval '1 ms' END
  FROM counted
  WHERE account_id = $1 AND n > 0 AND ${PASSABLE}
  RETURNING next_delete_at, open_until IS NOT NULL AS probing
)
SELECT seen.open_reason, seen.open_ms, seen.probe_ms, seen.ahead_ms, slot, term::text, timed.probing,
  timed.next_delete_at IS NOT NULL AS go,
  greatest(0, (extract(epoch FROM timed.next_delete_at - clock_timestamp()) * 1000)::float8
    - (counted.n + 1 - row_number() OVER (ORDER BY slot)) * $5::float8) AS delay_ms
FROM seen CROSS JOIN counted LEFT JOIN taken ON true LEFT JOIN timed ON true`,
};

/** Takes permits for deletions, each with its start; `undefined` where the account's limits were never made. */
export async function takePermits(db: Db, request: PermitRequest): Promise<PermitAnswer | undefined> {
  const rows = await db.rows<Row>(STATEMENT, [
    request.accountId,
    request.wanted,
    request.concurrency,
    request.permitMs,
    request.spacingMs,
    request.horizonMs,
    request.probeToken,
  ]);
  const [first] = rows;
  if (first === undefined) return undefined;
  const permits = rows.flatMap(({ slot, term, go, delay_ms: delayMs }) =>
    slot === null || term === null ? [] : [{ slot, term, go, delayMs: delayMs ?? 0 }],
  );
  return {
    breaker: toBreakerState(first),
    aheadMs: first.ahead_ms,
    granted: permits.filter(({ go }) => go),
    probing: first.probing ?? false,
    unusable: permits.filter(({ go }) => !go),
  };
}
