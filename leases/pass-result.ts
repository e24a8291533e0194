import type { DrainOutcome } from '../activities/contract.ts';
import { nextTryMs } from '../domain/backoff.ts';
import { safeErrorText } from '../domain/redact.ts';
import { drainFailed } from '../ledger/queries/drain-failed.ts';
import type { DrainState } from '../ledger/queries/drain-state.ts';
import { drainWaits } from '../ledger/queries/drain-waits.ts';
import type { LeaseDeps } from './deps.ts';
import type { Verdict } from './proof.ts';

type Failed = Extract<Verdict, { kind: 'failed' }>;

/** What stands in the way after all tries of a pass: the failure that asks for the longest wait, or a wait. */
export interface Obstacle {
  readonly failure: Failed | undefined;
  readonly waitMs: number | undefined;
}

/** Folds the verdicts of a pass; a failure that needs a person beats one that asks for time. */
export function obstacleOf(verdicts: readonly Verdict[]): Obstacle {
  const failures = verdicts.filter((verdict) => verdict.kind === 'failed');
  const waits = verdicts.filter((verdict) => verdict.kind === 'wait').map((verdict) => verdict.waitMs);
  const worst = failures.toSorted(
    (a, b) => Number(b.stuckNow) - Number(a.stuckNow) || (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0),
  )[0];
  return { failure: worst, waitMs: waits.length === 0 ? undefined : Math.min(...waits) };
}

async function recordFailure(deps: LeaseDeps, state: DrainState, failure: Failed): Promise<DrainOutcome> {
  const { stuckAfterMs, stuckRetryMs } = deps.settings;
  const stuck = state.stuck || failure.stuckNow || (state.failingForMs ?? 0) >= stuckAfterMs;
  const waitMs = nextTryMs({
    attempts: state.attempts + 1,
    retryAfterMs: failure.retryAfterMs,
    stuck,
    stuckRetryMs,
  });
  const error = safeErrorText(failure.message);
  const { stuckNow } = failure;
  const recorded = await drainFailed(deps.ledger, {
    leaseId: state.leaseId,
    error,
    waitMs,
    stuckNow,
    stuckAfterMs,
  });
  deps.meter.drainFailed(failure.reason);
  const fields = { session_id: state.sessionId, lease_id: state.leaseId, error, next_try_ms: waitMs };
  deps.log.warn({ event: 'drain_failed', reason: failure.reason, attempts: recorded?.attempts, ...fields });
  if (recorded?.stuck === true && !state.stuck) deps.log.error({ event: 'lease_stuck', ...fields });
  return { closed: false, waitMs };
}

/** Writes into the ledger why the pass is not done and when the next is due. */
export async function recordObstacle(
  deps: LeaseDeps,
  state: DrainState,
  obstacle: Obstacle,
): Promise<DrainOutcome> {
  if (obstacle.failure !== undefined) return recordFailure(deps, state, obstacle.failure);
  // Nothing failed and nothing waits: something is left that another pass has to look at, soon.
  const waitMs = obstacle.waitMs ?? Math.max(1_000, state.waitMs);
  await drainWaits(deps.ledger, state.leaseId, waitMs);
  return { closed: false, waitMs };
}
