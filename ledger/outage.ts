/**
 * When a due lease may end, as SQL: its clients must have had a chance to renew it. Pieces of a statement over the
 * table `lease`; `grace` is the parameter with OUTAGE_GRACE_SECONDS in milliseconds, 0 = off. The clock is read as a
 * row is judged, while `pulse` and `outage` are seen as they were when the statement began: if the ledger stands
 * still in between, it is silent by that clock, and what fell due meanwhile does not end.
 */
import { OUTAGE_AFTER_MS, SILENT_AFTER_MS } from '../domain/pulse.ts';

const SILENT = `clock_timestamp() - interval '${SILENT_AFTER_MS} ms'`;

/**
 * The end of the grace after an outage; null where none concerns the lease. A deadline soon after the outage is put
 * off too, so that no lease ends before one with an earlier deadline.
 */
function sparedUntil(grace: string): string {
  return `(SELECT max(o.spared_until) FROM outage o
    WHERE o.spared_until > lease.expires_at AND o.from_at <= lease.expires_at AND ${grace}::float8 > 0)`;
}

/**
 * While no api is heard from: until when a lease that fell due since has to wait, at most the grace beyond its
 * deadline, counted from when the ledger was there. Null while an api is heard from. A ledger that has heard
 * from nobody, because it is just back, waits for the first beat, which tells since when it was away.
 */
function silenceWaitsUntil(grace: string, answer: string): string {
  return `(SELECT CASE WHEN p.seen_at < ${SILENT} THEN clock_timestamp() + interval '1 s' ELSE ${answer} END
    FROM pulse p WHERE p.singleton AND ${grace}::float8 > 0 AND p.api_seen_at < ${SILENT}
      AND lease.expires_at >= p.api_seen_at AND lease.expires_at <= clock_timestamp())`;
}

const waitLimit = (grace: string) =>
  `greatest(lease.expires_at, p.heard_since) + ${grace}::float8 * interval '1 ms'`;
/** The moment at which a silence becomes an outage; from then on the next look is at the limit of the wait. */
const BECOMES_OUTAGE = `p.api_seen_at + interval '${OUTAGE_AFTER_MS} ms'`;

/** When the lease is due: its deadline, or later for its clients' sake. */
export function dueAt(grace: string): string {
  return `greatest(lease.expires_at, ${sparedUntil(grace)}, ${silenceWaitsUntil(grace, waitLimit(grace))})`;
}

/** When to look at the lease again, as it stands now: never after it is due. */
export function lookAgainAt(grace: string): string {
  const limit = waitLimit(grace);
  const answer = `CASE WHEN ${BECOMES_OUTAGE} > clock_timestamp() THEN least(${limit}, ${BECOMES_OUTAGE}) ELSE ${limit} END`;
  return `greatest(lease.expires_at, ${sparedUntil(grace)}, ${silenceWaitsUntil(grace, answer)})`;
}
