/**
 * When a due lease may end, as SQL: its clients must have had a chance to renew it. Pieces of a statement over the
 * table `lease`; `deadline` is an expression, `grace` the parameter with OUTAGE_GRACE_SECONDS in milliseconds, 0 = off. The clock is read as a
 * row is judged, while `pulse` and `outage` are seen as they were when the statement began: if the ledger stands
 * still in between, it is silent by that clock, and what fell due meanwhile does not end.
 */
import { OUTAGE_AFTER_MS, SILENT_AFTER_MS } from '../domain/pulse.ts';

const SILENT = `clock_timestamp() - interval '${SILENT_AFTER_MS} ms'`;
/** The moment at which a silence becomes an outage; from then on the next look is at the limit of the wait. */
const BECOMES_OUTAGE = `p.api_seen_at + interval '${OUTAGE_AFTER_MS} ms'`;

interface Term {
  readonly deadline: string;
  readonly grace: string;
}

/**
 * The end of the grace after an outage; null where none concerns the deadline. One soon after the outage is put off
 * too, so that no lease ends before one with an earlier deadline.
 */
function sparedUntil({ deadline, grace }: Term): string {
  return `(SELECT max(o.spared_until) FROM outage o
    WHERE o.spared_until > ${deadline} AND o.from_at <= ${deadline} AND ${grace}::float8 > 0)`;
}

/** How long a silence makes wait: at most the grace beyond the deadline, counted from when the ledger was there. */
function waitLimit({ deadline, grace }: Term): string {
  return `greatest(${deadline}, p.heard_since) + ${grace}::float8 * interval '1 ms'`;
}

/**
 * While no api is heard from: the `answer` for what fell due since. Null while an api is heard from. A ledger that
 * has heard from nobody, because it is just back, waits for the first beat, which tells since when it was away.
 */
function inSilence({ deadline, grace }: Term, answer: string): string {
  return `(SELECT CASE WHEN p.seen_at < ${SILENT} THEN clock_timestamp() + interval '1 s' ELSE ${answer} END
    FROM pulse p WHERE p.singleton AND ${grace}::float8 > 0 AND p.api_seen_at < ${SILENT}
      AND ${deadline} >= p.api_seen_at AND ${deadline} <= clock_timestamp())`;
}

/** When what has this deadline is due: then, or later for its clients' sake. */
export function dueAt(term: Term): string {
  return `greatest(${term.deadline}, ${sparedUntil(term)}, ${inSilence(term, waitLimit(term))})`;
}

/** When to look at it again, as it stands now: never after it is due. */
export function lookAgainAt(term: Term): string {
  const limit = waitLimit(term);
  const answer = `CASE WHEN ${BECOMES_OUTAGE} > clock_timestamp() THEN least(${limit}, ${BECOMES_OUTAGE}) ELSE ${limit} END`;
  return `greatest(${term.deadline}, ${sparedUntil(term)}, ${inSilence(term, answer)})`;
}
