import { setTimeout as delay } from 'node:timers/promises';
import { countClosed } from '../ledger/queries/count-closed.ts';
import { expireDue } from '../ledger/queries/expire-due.ts';
import { expiredDraining } from '../ledger/queries/expired-draining.ts';
import { nukeLeases } from '../ledger/queries/nuke-leases.ts';
import type { LeaseDeps } from './deps.ts';

/** Rows flipped by one statement: short enough for the ledger's time limit. */
const BATCH = 500;
const POLL_MS = 100;

async function closedWithin(deps: LeaseDeps, leaseIds: readonly string[], waitMs: number): Promise<number> {
  const deadline = performance.now() + waitMs;
  let closed = await countClosed(deps.ledger, leaseIds);
  while (closed < leaseIds.length && performance.now() + POLL_MS < deadline) {
    await delay(POLL_MS);
    closed = await countClosed(deps.ledger, leaseIds);
  }
  return closed;
}

/** Ends every due lease; resolves with how many of those that were due are proven gone after the wait. */
export async function cleanup(deps: LeaseDeps, waitMs: number): Promise<number> {
  const leaseIds = [...(await expiredDraining(deps.ledger))];
  for (;;) {
    const batch = await expireDue(deps.ledger, BATCH, deps.settings.outageGraceMs);
    for (const lease of batch) {
      leaseIds.push(lease.leaseId);
      deps.meter.lateToDraining(lease.lateMs);
      deps.notifier.changed(lease.sessionId);
      deps.log.info({ event: 'lease_expired', session_id: lease.sessionId, lease_id: lease.leaseId });
    }
    if (batch.length < BATCH) break;
  }
  return closedWithin(deps, leaseIds, waitMs);
}

/** Ends every lease; resolves with the sessions ended and the stores of theirs that are proven gone. */
export async function nuke(
  deps: LeaseDeps,
  registered: boolean,
  waitMs: number,
): Promise<{ sessions: number; stores: number }> {
  const ended: string[] = [];
  const withStore: string[] = [];
  for (;;) {
    const batch = await nukeLeases(deps.ledger, registered, BATCH);
    for (const lease of batch) {
      ended.push(lease.leaseId);
      if (lease.hasStore) withStore.push(lease.leaseId);
      deps.notifier.changed(lease.sessionId);
      deps.log.info({
        event: 'lease_released',
        session_id: lease.sessionId,
        lease_id: lease.leaseId,
        nuked: true,
      });
    }
    if (batch.length < BATCH) break;
  }
  return { sessions: ended.length, stores: await closedWithin(deps, withStore, waitMs) };
}
