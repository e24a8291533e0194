import { OUTAGE_AFTER_MS } from '../../domain/pulse.ts';
import type { Db } from '../open.ts';

/** A time in which no api was heard from, as ISO 8601. */
export interface Outage {
  readonly from: string;
  readonly to: string;
  /** Leases that fell due meanwhile last until then. */
  readonly sparedUntil: string;
}

interface Row {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly spared_until_ms: number;
}

/**
 * Outages older than a week concern no lease: they are kept for whoever asks what happened. One that ends in the
 * future was written by a clock that has been set back since: it would spare whatever falls due until then, so it
 * ends now, and its grace begins.
 */
const STATEMENT = {
  name: 'record-pulse',
  text: `
WITH before AS MATERIALIZED (
  SELECT api_seen_at, seen_at FROM pulse WHERE singleton FOR UPDATE
), timed AS MATERIALIZED (
  SELECT api_seen_at, seen_at, now, now - interval '${OUTAGE_AFTER_MS} ms' AS lately
  FROM (SELECT before.*, clock_timestamp() AS now FROM before) AS t
), written AS (
  UPDATE pulse SET seen_at = timed.now,
    api_seen_at = CASE WHEN $1 THEN timed.now ELSE pulse.api_seen_at END,
    heard_since = CASE WHEN timed.seen_at < lately THEN timed.now ELSE heard_since END
  FROM timed WHERE pulse.singleton
), cut AS (
  UPDATE outage SET to_at = timed.now, spared_until = timed.now + (spared_until - to_at)
  FROM timed WHERE spared_until >= now() AND to_at > timed.now
), forgotten AS (
  DELETE FROM outage WHERE spared_until < now() - interval '7 days'
)
INSERT INTO outage (from_at, to_at, spared_until)
SELECT api_seen_at, now, now + $2 * interval '1 ms' FROM timed WHERE $1 AND api_seen_at < lately
RETURNING (extract(epoch FROM from_at) * 1000)::float8 AS from_ms,
  (extract(epoch FROM to_at) * 1000)::float8 AS to_ms,
  (extract(epoch FROM spared_until) * 1000)::float8 AS spared_until_ms`,
};

/**
 * An api, or a worker, says that it lives. The first beat of an api after an outage writes it down and returns it;
 * of several apis only one does.
 */
export async function recordPulse(
  db: Db,
  beat: { readonly by: 'api' | 'worker'; readonly graceMs: number },
): Promise<Outage | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, [beat.by === 'api', beat.graceMs]);
  if (row === undefined) return undefined;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { from: iso(row.from_ms), to: iso(row.to_ms), sparedUntil: iso(row.spared_until_ms) };
}
