import type { DrainView, LiveView, SessionView } from '../activities/contract.ts';
import { ServiceError } from '../domain/errors.ts';
import { expireDueOfSession } from '../ledger/queries/expire-due.ts';
import { giveUpClaim } from '../ledger/queries/give-up-claim.ts';
import { writeNotice } from '../ledger/queries/notices.ts';
import { seeSession, type SeenLease } from '../ledger/queries/see-session.ts';
import { isoTime } from '../ledger/row.ts';
import type { LeaseDeps } from './deps.ts';

function toLive(lease: SeenLease): LiveView {
  const provisioning = lease.state === 'provisioning';
  return {
    leaseId: lease.leaseId,
    state: provisioning ? 'provisioning' : 'active',
    vectorStoreId: lease.vectorStoreId,
    protected: lease.protected,
    expiresAt: lease.expiresAtMs === null ? null : isoTime(lease.expiresAtMs),
    leftMs: provisioning ? Math.max(0, lease.claimLeftMs ?? 0) : lease.dueInMs,
    claimAbandoned: provisioning && (lease.claimLeftMs ?? 0) < 0,
    expiryOutOfDate: lease.expiryOutOfDate,
  };
}

function toDrain(lease: SeenLease): DrainView {
  return {
    leaseId: lease.leaseId,
    vectorStoreId: lease.vectorStoreId,
    hasFiles: lease.hasFiles,
    stuck: lease.stuck !== null,
    attempts: lease.attempts,
    lastError: lease.lastError,
    nextTryAt: lease.nextTryAtMs === null ? null : isoTime(lease.nextTryAtMs),
    waitsFor: lease.waitsFor,
    waitMs: lease.waitMs,
  };
}

/** One installation per Temporal namespace: another one's workflow must not act on this ledger. */
async function refuseForeign(deps: LeaseDeps, sessionId: string, instanceId: string): Promise<void> {
  if (instanceId === deps.settings.instanceId) return;
  await writeNotice(deps.ledger, {
    kind: 'INSTANCE_MISMATCH',
    detail: `workflow of session ${sessionId.slice(0, 64)} belongs to installation ${instanceId}`,
  });
  throw new ServiceError('INSTANCE_MISMATCH');
}

async function expire(deps: LeaseDeps, sessionId: string): Promise<void> {
  const expired = await expireDueOfSession(deps.ledger, sessionId, deps.settings.outageGraceMs);
  if (expired === undefined) return;
  deps.meter.lateToDraining(expired.lateMs);
  deps.log.info({
    event: 'lease_expired',
    session_id: sessionId,
    lease_id: expired.leaseId,
    vector_store_id: expired.vectorStoreId,
    late_ms: Math.round(expired.lateMs),
  });
}

/** The ledger's part of the session workflow's loop: flips what is due and tells what there is to do. */
export async function reconcile(
  deps: LeaseDeps,
  sessionId: string,
  instanceId: string,
): Promise<SessionView> {
  await refuseForeign(deps, sessionId, instanceId);
  await expire(deps, sessionId);
  const { claimGiveUpMs: giveUpMs, outageGraceMs: graceMs } = deps.settings;
  const look = async () => seeSession(deps.ledger, sessionId, graceMs);
  let seen = await look();
  const abandoned = seen.some((lease) => lease.state === 'provisioning' && (lease.claimLeftMs ?? 0) < 0);
  if (abandoned && (await giveUpClaim(deps.ledger, sessionId, { giveUpMs, graceMs })) !== undefined) {
    seen = await look();
  }
  const live = seen.find((lease) => lease.state === 'provisioning' || lease.state === 'active');
  const draining = seen.filter((lease) => lease.state === 'draining');
  return { live: live === undefined ? null : toLive(live), draining: draining.map(toDrain) };
}
