import type { Db } from '../open.ts';

/** Why a breaker is open: calls failed in a row, or suspiciously many stores were "not found". */
export type BreakerReason = 'failing' | 'missing';

export interface BreakerState {
  /** Null while the breaker is closed. */
  readonly reason: BreakerReason | null;
  /** Milliseconds until somebody may try; 0 once that time has come, and while closed. */
  readonly openMs: number;
  /** Milliseconds for which a probe may still be under way; 0 = none. */
  readonly probeMs: number;
}

export interface LimitsView extends BreakerState {
  /** Different targets that failed in a row, while closed. */
  readonly failures: number;
  /** Milliseconds since it opened; null while closed. */
  readonly openForMs: number | null;
  readonly permitsInUse: number;
}

export interface BreakerRow {
  readonly open_reason: BreakerReason | null;
  readonly open_ms: number;
  readonly probe_ms: number;
}

interface ViewRow extends BreakerRow {
  readonly failures: number;
  readonly open_for_ms: number | null;
  readonly permits_in_use: number;
}

/** Selects what {@link toBreakerState} reads from a `provider_limit`. */
export const BREAKER_COLUMNS = `
  open_reason,
  greatest(0, coalesce(extract(epoch FROM open_until - clock_timestamp()) * 1000, 0))::float8 AS open_ms,
  greatest(0, coalesce(extract(epoch FROM probe_until - clock_timestamp()) * 1000, 0))::float8 AS probe_ms`;

const ENSURE_LIMIT = {
  name: 'ensure-limit',
  text: `INSERT INTO provider_limit (account_id) VALUES ($1) ON CONFLICT DO NOTHING`,
};
const ENSURE_PERMITS = {
  name: 'ensure-permits',
  text: `
INSERT INTO provider_permit (account_id, slot) SELECT $1, slot FROM generate_series(1, $2::int) AS slot
ON CONFLICT DO NOTHING`,
};
const READ = {
  name: 'breaker-state',
  text: `SELECT ${BREAKER_COLUMNS} FROM provider_limit WHERE account_id = $1`,
};
const VIEW = {
  name: 'provider-limits',
  text: `
SELECT ${BREAKER_COLUMNS}, greatest(cardinality(failed_targets), cardinality(failed_uploads)) AS failures,
  (extract(epoch FROM clock_timestamp() - opened_at) * 1000)::float8 AS open_for_ms,
  (SELECT count(*)::int FROM provider_permit p WHERE p.account_id = $1 AND expires_at > clock_timestamp())
    AS permits_in_use
FROM provider_limit WHERE account_id = $1`,
};

export function toBreakerState(row: BreakerRow): BreakerState {
  return { reason: row.open_reason, openMs: row.open_ms, probeMs: row.probe_ms };
}

/** Makes the account's limits and so many permits, where they are missing. */
export async function ensureLimits(db: Db, accountId: number, permits: number): Promise<void> {
  await db.rows(ENSURE_LIMIT, [accountId]);
  await db.rows(ENSURE_PERMITS, [accountId, permits]);
}

/** The account's breaker; `undefined` where its limits were never made. */
export async function breakerState(db: Db, accountId: number): Promise<BreakerState | undefined> {
  const [row] = await db.rows<BreakerRow>(READ, [accountId]);
  return row && toBreakerState(row);
}

/** Everything an operator wants to see; `undefined` where the account's limits were never made. */
export async function providerLimits(db: Db, accountId: number): Promise<LimitsView | undefined> {
  const [row] = await db.rows<ViewRow>(VIEW, [accountId]);
  return (
    row && {
      ...toBreakerState(row),
      failures: row.failures,
      openForMs: row.open_for_ms,
      permitsInUse: row.permits_in_use,
    }
  );
}
