import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { claimOutcome } from '../ledger/queries/claim-outcome.ts';
import { lookAtSession } from '../ledger/queries/look-at-session.ts';
import { takeOverClaim } from '../ledger/queries/take-over-claim.ts';
import type { LeaseDeps, OftenDeps } from './deps.ts';
import { claimMs, type Claim } from './make-store.ts';
import { claimFailure } from './provider-errors.ts';
import { settleFreshClaim, settleTakenClaim, type Settled } from './settle-claim.ts';

/** Waiters look again this often; they hold neither connection nor lock in between. */
const FIRST_POLL_MS = 25;
const MAX_POLL_MS = 250;

/** Takes over a claim that ran out; `lost` when somebody else was faster. */
export async function takeOver(deps: LeaseDeps, leaseId: string): Promise<Settled> {
  const token = randomUUID();
  const sendBefore = performance.now() + claimMs(deps);
  const taken = await takeOverClaim(deps.ledger, { leaseId, token, claimMs: claimMs(deps) });
  if (taken === undefined) return 'lost';
  deps.log.warn({ event: 'claim_taken_over', session_id: taken.sessionId, lease_id: leaseId });
  const claim: Claim = { leaseId, sessionId: taken.sessionId, token, protect: taken.protected, sendBefore };
  return settleTakenClaim(deps, claim, { claimedAtMs: taken.createdAtMs, accountId: taken.accountId });
}

/** Waits until a claim held elsewhere is settled, or may be taken over. Throws what the claim failed with. */
async function waitForClaim(deps: LeaseDeps, leaseId: string): Promise<Settled> {
  const giveUpAt = performance.now() + 2 * claimMs(deps);
  for (let pollMs = FIRST_POLL_MS; performance.now() < giveUpAt; pollMs = Math.min(MAX_POLL_MS, pollMs * 2)) {
    const outcome = await claimOutcome(deps.ledger, leaseId);
    if (outcome?.state !== 'provisioning') {
      if (outcome?.claimError) throw await claimFailure(deps, outcome.claimError, outcome.retryAfterSeconds);
      return 'lost';
    }
    if (outcome.claimLeftMs !== null && outcome.claimLeftMs < 0) return takeOver(deps, leaseId);
    await delay(pollMs);
  }
  return 'lost';
}

/**
 * One attempt to get the session a lease: claims, or waits for whoever has claimed. `lost` means that the
 * ledger now tells something new and the caller should look again.
 */
export async function fly(deps: OftenDeps, sessionId: string, protect: boolean): Promise<Settled> {
  const claim: Claim = {
    leaseId: randomUUID(),
    sessionId,
    token: randomUUID(),
    protect,
    sendBefore: performance.now() + claimMs(deps),
  };
  const { accountId } = deps;
  const claimed = await deps.claimPlace({ ...claim, accountId, claimMs: claimMs(deps) });
  if (claimed === 'claimed') return settleFreshClaim(deps, claim);
  // A full account refuses only sessions that have nothing: another process may have got this one the last place.
  const live = await lookAtSession(deps.ledger, sessionId);
  if (live?.state === 'provisioning') return waitForClaim(deps, live.leaseId);
  if (live?.state === 'active' || claimed === 'lost') return 'lost';
  throw claimed;
}
