import type { DrainOutcome } from '../activities/contract.ts';
import { nextTryMs } from '../domain/backoff.ts';
import { safeErrorText } from '../domain/redact.ts';
import { drainFailed, type DrainPart } from '../ledger/queries/drain-failed.ts';
import { drainHeldBack } from '../ledger/queries/drain-held-back.ts';
import { drainPaused } from '../ledger/queries/drain-paused.ts';
import type { DrainState } from '../ledger/queries/drain-state.ts';
import { drainUnhindered } from '../ledger/queries/drain-unhindered.ts';
import type { LeaseDeps } from './deps.ts';
import type { Verdict } from '../deletion/proof.ts';

type Failed = Extract<Verdict, { kind: 'failed' }>;
type Wait = Extract<Verdict, { kind: 'wait' }>;
type Held = Extract<Verdict, { kind: 'held_back' }>;

/** Whoever lifts a pause wakes what waits for it; this is for a wake that is lost. */
const PAUSED_WAIT_MS = 5 * 60_000;
/** Pause where something is left although nothing stood in the way. */
const SOON_MS = 1_000;

/** A pass over the files or the stores of a lease as it was when the pass began. */
export interface Pass {
  readonly part: DrainPart;
  readonly state: DrainState;
}

/** What stands in the way after all tries of a pass: the failure that asks for the longest wait, a limit, a wait, a pause. */
export interface Obstacle {
  readonly failure: Failed | undefined;
  readonly heldBack: Held | undefined;
  readonly wait: Wait | undefined;
  readonly paused: boolean;
}

/** Folds the verdicts of a pass; a failure that needs a person beats one that asks for time. */
export function obstacleOf(verdicts: readonly Verdict[]): Obstacle {
  const failures = verdicts.filter((verdict) => verdict.kind === 'failed');
  const waits = verdicts.filter((verdict) => verdict.kind === 'wait');
  const worst = failures.toSorted(
    (a, b) => Number(b.stuckNow) - Number(a.stuckNow) || (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0),
  )[0];
  return {
    failure: worst,
    heldBack: verdicts.find((verdict) => verdict.kind === 'held_back'),
    wait: waits.toSorted((a, b) => a.waitMs - b.waitMs)[0],
    paused: verdicts.some((verdict) => verdict.kind === 'paused'),
  };
}

async function recordFailure(deps: LeaseDeps, pass: Pass, failure: Failed): Promise<DrainOutcome> {
  const { part, state } = pass;
  const { stuckAfterMs, stuckRetryMs } = deps.settings;
  const { message, reason, retryAfterMs, stuckNow } = failure;
  const stuck = state.stuck || stuckNow || (state.failingForMs[part] ?? 0) >= stuckAfterMs;
  const attempts = state.attempts[part] + 1;
  const waitMs = nextTryMs({ attempts, retryAfterMs, stuck, stuckRetryMs });
  const error = safeErrorText(message);
  const { leaseId, sessionId } = state;
  const recorded = await drainFailed(deps.ledger, { leaseId, part, error, waitMs, stuckNow, stuckAfterMs });
  deps.meter.drainFailed(reason);
  const fields = { session_id: sessionId, lease_id: leaseId, part, error, next_try_ms: waitMs };
  deps.log.warn({ event: 'drain_failed', reason, attempts: recorded?.attempts, ...fields });
  if (recorded?.stuck === true && !state.stuck) deps.log.error({ event: 'lease_stuck', ...fields });
  return { closed: false, waitMs };
}

/** Where the pause has been lifted in the meantime, the next pass comes soon. */
export async function recordPause(deps: LeaseDeps, state: DrainState): Promise<DrainOutcome> {
  const recorded = await drainPaused(deps.ledger, state.leaseId, PAUSED_WAIT_MS);
  return { closed: false, waitMs: recorded ? PAUSED_WAIT_MS : SOON_MS };
}

async function recordHeldBack(deps: LeaseDeps, { part, state }: Pass, held: Held): Promise<DrainOutcome> {
  const { waitMs, waitsFor } = held;
  await drainHeldBack(deps.ledger, { leaseId: state.leaseId, part, waitMs, waitsFor });
  return { closed: false, waitMs };
}

/** Writes into the ledger why the pass is not done and when the next is due. */
export async function recordObstacle(deps: LeaseDeps, pass: Pass, obstacle: Obstacle): Promise<DrainOutcome> {
  const { part, state } = pass;
  if (obstacle.paused) return recordPause(deps, state);
  if (obstacle.failure !== undefined) return recordFailure(deps, pass, obstacle.failure);
  if (obstacle.heldBack !== undefined) return recordHeldBack(deps, pass, obstacle.heldBack);
  // Nothing failed and nothing waits: something is left that another pass has to look at, soon.
  const waitMs = obstacle.wait?.waitMs ?? Math.max(SOON_MS, state.waitMs);
  const waitsFor = obstacle.wait?.waitsFor ?? null;
  await drainUnhindered(deps.ledger, { leaseId: state.leaseId, part, waitMs, waitsFor });
  return { closed: false, waitMs };
}

/** After a pass in which everything went well: what failed before fails no more. */
export async function recordRecovery(deps: LeaseDeps, { part, state }: Pass): Promise<void> {
  if (state.attempts[part] === 0 && state.failingForMs[part] === null) return;
  await drainUnhindered(deps.ledger, { leaseId: state.leaseId, part, waitMs: null, waitsFor: null });
}
